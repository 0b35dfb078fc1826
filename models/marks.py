"""What a command writes into a page between two marks; all around it is written by hand."""

from __future__ import annotations


def put(text: str, mark: str, content: str) -> str:
    """Replace what stands between the marks.

    Parameters
    ----------
    text : str
        Of the page.
    mark : str
        Such as `table`, for <!-- table --> and <!-- end of table -->.
    content : str
        What goes there: whole lines.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        Without both marks, once each.
    """
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(end) < text.index(begin):
        raise ValueError(f"the page needs {begin} and behind it {end}, once each")
    return f"{text.split(begin)[0]}{begin}\n{content}{end}{text.split(end)[1]}"
