"""Jets in files to scores in files.

    python -m jettag tag FILE.h5 --model NAME --out SCORES.csv
    python -m jettag evaluate SCORES.csv [SCORES.csv ...] --roc ROC.png
    python -m jettag plot SCORES.csv [SCORES.csv ...] --out PICTURES
    python -m jettag convert FILE.h5 --out JETS.npz
    python -m jettag features FILE.h5 --out FEATURES.npy
    python -m jettag images FILE.h5 --recipe A35 --out IMAGES.npy

`tag` reads and writes piece by piece, in constant memory, and goes on where it was stopped with --resume. `evaluate`
prints accuracy, area under the curve and rejection with their errors; `plot` draws all that scores have to show.
`convert` makes a NumPy archive of
momenta, offsets and labels without the padding, for training.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

import jettag
from jettag import cluster, metrics
from jettag.errors import JettagError
from jettag.files import Piece, open_jets
from jettag.plots.sample import Sample, read_samples
from jettag.tagging import Reading, tag_file


class _Progress:
    """A line on a terminal that says how far it is; nothing where there is no terminal."""

    def __init__(self) -> None:
        self._begun: float | None = None
        self._first = 0
        self._shown = sys.stderr.isatty()

    def show(self, done: int, total: int | None) -> None:
        if not self._shown:
            return
        now = time.monotonic()
        if self._begun is None:
            self._begun, self._first = now, done
        passed = now - self._begun
        rate = (done - self._first) / passed if passed > 0 else 0.0
        if total is None:
            print(f"\r{done} jets, {rate:.0f}/s ", end="", file=sys.stderr)
            return
        left = (total - done) / rate if rate > 0 else 0.0
        bar = "#" * (30 * done // max(total, 1))
        end = "\n" if done == total else ""
        print(f"\r[{bar:30s}] {done}/{total} jets, {rate:.0f}/s, {left:.0f} s left ", end=end, file=sys.stderr)


def _reading(arguments: argparse.Namespace) -> Reading:
    names = ("particles", "label", "radius", "pt_min", "eta_max", "piece")
    return Reading(**{name: getattr(arguments, name) for name in names})


def _tag(arguments: argparse.Namespace) -> None:
    if Path(arguments.file).is_dir():
        _tag_folder(arguments)
        return
    if arguments.dask:
        raise JettagError(f"{arguments.file}: a cluster shares the files of a folder, and this is none")
    model = jettag.load(arguments.model, backend=arguments.backend, threads=arguments.threads)
    reading, show = _reading(arguments), _Progress().show
    done = tag_file(arguments.file, arguments.out, model, reading, arguments.kinematics, arguments.resume, show)
    print(f"{done} jets in {arguments.out}")


def _tag_folder(arguments: argparse.Namespace) -> None:
    files = cluster.files_in(arguments.file)
    done: list[cluster.FileResult] = []

    def show(result: cluster.FileResult) -> None:
        done.append(result)
        if sys.stderr.isatty():
            end = "\n" if len(done) == len(files) else ""
            jets = sum(one.n_jets for one in done)
            print(f"\r{len(done)} of {len(files)} files, {jets} jets ", end=end, file=sys.stderr)

    with cluster.connected(arguments.dask, arguments.workers) if arguments.dask else nullcontext() as client:
        results = cluster.tag_files(
            files,
            arguments.out,
            arguments.model,
            client=client,
            backend=arguments.backend,
            reading=_reading(arguments),
            kinematics=arguments.kinematics,
            resume=arguments.resume,
            show=show,
        )
    failed = [result for result in results if result.error]
    print(f"{sum(one.n_jets for one in results)} jets of {len(results) - len(failed)} files in {arguments.out}")
    if failed:
        for result in failed[:-1]:
            print(f"jettag: {result.path}: {result.error}", file=sys.stderr)
        raise JettagError(f"{failed[-1].path}: {failed[-1].error}")


def _convert(arguments: argparse.Namespace) -> None:
    if Path(arguments.out).suffix != ".npz" or Path(arguments.out).exists():
        raise JettagError(f"{arguments.out}: the output ends in .npz and does not exist yet")
    momenta, counts, labels = [], [], []
    with open_jets(arguments.file) as jets:
        progress, done = _Progress(), 0
        for piece in jets.pieces(arguments.piece):
            if not isinstance(piece.jets, np.ndarray):
                raise JettagError(f"{arguments.file}: has no padding to take off")
            padded = piece.jets
            there = (padded != 0).any(2)
            momenta.append(padded[there][:, [1, 2, 3, 0]])
            counts.append(there.sum(1))
            labels.append(np.zeros(piece.count, np.uint8) if piece.labels is None else piece.labels)
            done += piece.count
            progress.show(done, jets.n_jets)
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *counts]))])
    empty = np.zeros((0, 4), np.float32)
    np.savez_compressed(
        arguments.out,
        momenta=np.concatenate([empty, *momenta]),
        offsets=offsets.astype(np.int64),
        labels=np.concatenate([np.zeros(0, np.uint8), *labels]),
    )
    print(f"{len(offsets) - 1} jets in {arguments.out}")


def _write_array(arguments: argparse.Namespace, calculate: Callable[[Piece], npt.NDArray[Any]]) -> None:
    """An .npy file with something of every jet, in constant memory; whole or not there."""
    out = Path(arguments.out)
    if out.suffix != ".npy" or out.exists():
        raise JettagError(f"{out}: the output ends in .npy and does not exist yet")
    unfinished = out.with_suffix(".part")
    with _reading(arguments).open(arguments.file) as jets:
        progress, done = _Progress(), 0
        shape: tuple[int, ...] = ()
        try:
            with unfinished.open("wb") as file:
                for piece in jets.pieces(arguments.piece):
                    rows = np.ascontiguousarray(calculate(piece))
                    if not shape:
                        shape = rows.shape[1:]
                        _write_head(file, rows.dtype, (0, *shape))
                    rows.tofile(file)
                    done += piece.count
                    progress.show(done, jets.n_jets)
                if not shape:
                    raise JettagError(f"{arguments.file}: there is no jet in it")
                file.seek(0)
                _write_head(file, rows.dtype, (done, *shape))
            unfinished.replace(out)
        finally:
            unfinished.unlink(missing_ok=True)
        print(f"{done} jets in {out}, {' x '.join(map(str, shape))} numbers each")


def _write_head(file: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """As long for any number of jets: NumPy leaves room for the axis that grows."""
    head = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, head)


def _features(arguments: argparse.Namespace) -> None:
    _write_array(arguments, lambda piece: jettag.features(piece.jets))


def _images(arguments: argparse.Namespace) -> None:
    _write_array(arguments, lambda piece: jettag.images(piece.jets, arguments.recipe, piece.classes))


_ROWS = (("accuracy", 4), ("auc", 5), ("rejection_50", 0), ("rejection_30", 0))


def _said(sample: Sample, path: str) -> str:
    found = metrics.summary(sample.scores, sample.labels)
    cells = [
        f"{name} {found[name]:.{digits}f} +- {found[f'{name}_error']:.{digits}f}" if name in found else f"{name} -"
        for name, digits in _ROWS
    ]
    return f"{path}: {len(sample.scores)} jets, {sample.missing} without a score: {', '.join(cells)}"


def _evaluate(arguments: argparse.Namespace) -> None:
    samples = read_samples(arguments.files)
    for sample, path in zip(samples, arguments.files, strict=True):
        print(_said(sample, path))
    if arguments.roc or arguments.scores:
        from jettag import plots

        curves = {sample.name: (sample.scores, sample.labels) for sample in samples}
        if arguments.roc:
            plots.draw_roc(curves, arguments.roc)
        if arguments.scores:
            plots.draw_scores(curves, arguments.scores)


_IMAGES_AT_ONCE = 5_000  # jets, 75 MB


def _plot(arguments: argparse.Namespace) -> None:
    from jettag.plots.report import draw_all

    samples = read_samples(arguments.files, arguments.names.split(",") if arguments.names else None)
    jets = None
    if arguments.jets:
        from jettag.plots.images import render_all

        with open_jets(arguments.jets) as file:
            jets = render_all(file.pieces(_IMAGES_AT_ONCE), arguments.recipe)
    for sample, path in zip(samples, arguments.files, strict=True):
        print(_said(sample, path))
    paths, missing = draw_all(samples, arguments.out, arguments.formats.split(","), jets)
    print(f"{len(paths)} pictures in {arguments.out}: {', '.join(path.name for path in paths)}")
    for words in missing:
        print(f"not drawn: {words}", file=sys.stderr)


def main(given: list[str] | None = None) -> int:
    """Run from the command line.

    Parameters
    ----------
    given : list of str, optional
        Arguments instead of those of the process.

    Returns
    -------
    int
        0, or 1 after words about what went wrong.
    """
    parser = argparse.ArgumentParser(
        prog="jettag", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"jettag {jettag.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    tag = commands.add_parser("tag", help="scores of all jets of a file")
    tag.add_argument("--model", default=jettag.DEFAULT_MODEL, help="a name or a .jtm file, %(default)s")
    tag.add_argument("--backend", default="auto", help="%(default)s")
    tag.add_argument("--threads", type=int, default=1, help="%(default)s")
    tag.add_argument("--dask", metavar="WHERE", help="share a folder's files: 'local', or the address of a scheduler")
    tag.add_argument("--workers", type=int, default=2, help="processes of a local one, %(default)s")
    tag.add_argument("--kinematics", action="store_true", help="columns of the jets' pT and mass behind, for `plot`")
    tag.add_argument("--resume", action="store_true", help="go on with an output that exists")
    tag.set_defaults(run=_tag)
    convert = commands.add_parser("convert", help="a public HDF5 file as a NumPy archive without padding")
    convert.set_defaults(run=_convert)
    evaluate = commands.add_parser("evaluate", help="how good scores are, where the file has labels")
    evaluate.add_argument("files", nargs="+", metavar="SCORES", help="what `tag` wrote")
    evaluate.add_argument("--roc", metavar="PICTURE", help="rejection against efficiency")
    evaluate.add_argument("--scores", metavar="PICTURE", help="distributions of scores")
    evaluate.set_defaults(run=_evaluate)
    plot = commands.add_parser("plot", help="every picture of some files of scores, into a folder")
    plot.add_argument("files", nargs="+", metavar="SCORES", help="what `tag` wrote; the first is compared with")
    plot.add_argument("--out", required=True, metavar="DIR", help="the folder for pictures")
    plot.add_argument("--names", metavar="A,B", help="what legends call the files, with commas between")
    plot.add_argument("--formats", default="png,pdf", help="%(default)s")
    plot.add_argument("--jets", metavar="FILE", help="a file of jets: images of them, too, mean ones and single ones")
    plot.add_argument("--recipe", default="A35", help="of the images: a name from jettag.recipes(), %(default)s")
    plot.set_defaults(run=_plot)
    features = commands.add_parser("features", help="the 53 features of all jets, as a NumPy file")
    features.set_defaults(run=_features)
    images = commands.add_parser("images", help="images of all jets, as a NumPy file")
    images.add_argument("--recipe", default="A35", help="a name from jettag.recipes(), %(default)s")
    images.set_defaults(run=_images)
    for command in (tag, features, images):
        command.add_argument("--particles", help="columns of px,py,pz,E or pt,eta,phi,mass of a .root or .parquet file")
        command.add_argument("--label", help="column of such a file that is not 0 for a top")
        command.add_argument("--radius", type=float, help="of anti-kT jets in a .hepmc file, as the model was trained")
        command.add_argument("--pt-min", type=float, help="of such jets, in GeV, as the model was trained")
        command.add_argument("--eta-max", type=float, help="of such jets, as the model was trained")
    for command in (tag, convert, features, images):
        command.add_argument(
            "file", metavar="FILE", help=".h5 of the public reference set, .npz, .root, .parquet, .hepmc"
        )
        command.add_argument("--out", required=True, help="the file to write")
        command.add_argument("--piece", type=int, default=10_000, help="jets at a time, %(default)s")
    arguments = parser.parse_args(given)
    try:
        arguments.run(arguments)
    except (JettagError, OSError) as error:
        print(f"jettag: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
