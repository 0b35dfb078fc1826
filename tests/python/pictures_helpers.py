"""What matplotlib was told to draw, for tests of pictures."""


def saved_figures(monkeypatch):
    """A list to which every figure that is saved from now on is added."""
    from matplotlib.figure import Figure

    saved, saves = [], Figure.savefig

    def savefig(figure, *arguments, **keys):
        saved.append(figure)
        return saves(figure, *arguments, **keys)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return saved
