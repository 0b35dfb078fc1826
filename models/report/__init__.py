"""The trained models beside the papers: scores of test jets, numbers with errors, tables, figures, models/README.md.

`python -m models.report.evaluate` and `python -m models.report.tree` keep scores in `.work/report`;
`python -m models.report.write` makes the page and its figures of them.
"""
