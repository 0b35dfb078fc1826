"""Networks, model files, data sets and training of jettag's taggers.

Run from the root of a checkout, for example `.venv/bin/python -m models.training.train lenet-28-i35 --data DIR ...`.
"""
