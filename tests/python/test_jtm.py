"""Model files: the Python writer and reader against each other, against FORMAT.md by hand, and against the library."""

import copy
import json
import struct

import numpy as np
import pytest

from models import jtm
from models.crc32c import crc32c
from models.export import Golden, Statistics, build
from models.initialise import random_tensors
from models.networks import NETWORKS

NETWORK = NETWORKS["effnet-s0-i35-gf"]


def some_model(name="effnet-s0-i35-gf", feature_names=None):
    """With every section that a header can have."""
    network = NETWORKS[name]
    random = np.random.default_rng(4)
    momenta = random.normal(size=(80, 3)).astype(np.float32)
    momenta = np.column_stack([momenta, np.linalg.norm(momenta, axis=1)]).astype(np.float32)
    statistics = Statistics(
        random.normal(size=network.recipe_shape).astype(np.float32),
        random.uniform(1, 2, network.recipe_shape).astype(np.float32),
        feature_names or [f"feature {i}" for i in range(53)],
        random.normal(size=53).astype(np.float32),
        random.uniform(1, 2, 53).astype(np.float32),
    )
    points = [
        {"signal_efficiency": e, "threshold": 1 - e, "background_efficiency": e / 8, "background_error": 1e-3}
        for e in (0.25, 0.5, 0.75)
    ]
    return build(
        network,
        random_tensors(network, 1),
        statistics,
        version="1.0",
        created="2026-01-31T12:00:00Z",
        working_points={"sample": "müons of a sample", "points": points},
        card={"sample": "jets", "jets": 12, "epochs": 2.5, "auc": 0.9, "auc_error": 1e-5, "seed": 0},
        golden=Golden(momenta, np.arange(0, 81, 10), np.linspace(0, 1, 8, dtype=np.float32)),
    )


@pytest.fixture(scope="module")
def model():
    return some_model()


@pytest.fixture(scope="module")
def data(model):
    return jtm.to_bytes(model)


def repacked(data, change_header=None, change_blob=None):
    """The file with another header or blob, and checksums that are right again."""
    length, offset = struct.unpack_from("<QQ", data, 16)
    text, blob = data[64 : 64 + length], data[offset:]
    text = change_header(text) if change_header else text
    blob = change_blob(blob) if change_blob else blob
    offset = (64 + len(text) + 63) // 64 * 64
    head = data[:16] + struct.pack("<QQQII", len(text), offset, len(blob), crc32c(text), crc32c(blob))
    head += struct.pack("<I", crc32c(head)) + bytes(12)
    return head + text + bytes(offset - 64 - len(text)) + blob


def edited(data, change):
    def apply(text):
        header = json.loads(text)
        change(header)
        return json.dumps(header).encode()

    return repacked(data, apply)


def padding_at(data):
    """A byte of the blob that belongs to no tensor."""
    header = json.loads(data[64 : 64 + struct.unpack_from("<Q", data, 16)[0]])
    return next(row["offset"] + row["bytes"] for row in header["tensors"] if row["bytes"] % 64)


def bitwise_crc(data):
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def test_crc_known_answers():
    # RFC 3720, B.4.
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"") == 0


@pytest.mark.parametrize("length", [1, 7, 16_383, 16_384, 16_385, 20_000])
def test_crc_of_long_data(length):
    data = np.random.default_rng(length).bytes(length)
    assert crc32c(data) == bitwise_crc(data)


def test_preamble_by_hand(data):
    assert data[:8] == bytes.fromhex("894A544D0D0A1A0A")
    assert struct.unpack_from("<HHI", data, 8) == (1, 0, 64)
    header_length, offset, blob_length, header_crc, blob_crc, crc = struct.unpack_from("<QQQIII", data, 16)
    assert offset % 64 == 0 and offset - 64 - header_length in range(64)
    assert offset + blob_length == len(data) and blob_length % 64 == 0
    assert header_crc == crc32c(data[64 : 64 + header_length])
    assert blob_crc == crc32c(data[offset:]) and crc == bitwise_crc(data[:48])
    assert data[52:64] == bytes(12)
    header = json.loads(data[64 : 64 + header_length])
    names = [row["name"] for row in header["tensors"]]
    assert names == sorted(names)
    row = header["tensors"][5]
    assert row["offset"] % 64 == 0


def test_round_trip(model, data, tmp_path):
    path = tmp_path / "a.jtm"
    jtm.write(path, model)
    assert path.read_bytes() == data
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.jtm"]
    back = jtm.read(path)
    assert back.header == model.header
    assert set(back.tensors) == set(model.tensors)
    for name, values in model.tensors.items():
        assert back.tensors[name].dtype == np.float32
        assert np.array_equal(back.tensors[name], values)
    assert jtm.to_bytes(back) == data


BREAK = {
    "magic": lambda d: b"\x89JTN" + d[4:],
    "cut": lambda d: d[:-64],
    "longer": lambda d: d + bytes(64),
    "a weight": lambda d: d[:-100] + bytes([d[-100] ^ 1]) + d[-99:],
    "a header byte": lambda d: d[:80] + bytes([d[80] ^ 1]) + d[81:],
    "preamble": lambda d: d[:10] + b"\1" + d[11:],
    "reserved": lambda d: d[:60] + b"\1" + d[61:],
    "empty": lambda d: b"",
    "duplicate key": lambda d: repacked(d, lambda t: t[:-1] + b',"name":"a"}'),
    "not a number": lambda d: repacked(d, lambda t: t.replace(b'"auc":0.9', b'"auc":NaN')),
    "too large a number": lambda d: repacked(d, lambda t: t.replace(b'"auc":0.9', b'"auc":1e999')),
    "too long a number": lambda d: repacked(d, lambda t: t.replace(b'"auc":0.9', b'"auc":0.' + b"9" * 60)),
    "integer with fraction": lambda d: repacked(d, lambda t: t.replace(b'"jets":12', b'"jets":12.0')),
    "trailing": lambda d: repacked(d, lambda t: t + b"x"),
    "byte order mark": lambda d: repacked(d, lambda t: b"\xef\xbb\xbf" + t),
    "bad UTF-8": lambda d: repacked(d, lambda t: t.replace(b"EffNet", b"Eff\xffet")),
    "half a surrogate pair": lambda d: repacked(d, lambda t: t.replace(b"EffNet", b"Eff\\ud800et")),
    "array": lambda d: repacked(d, lambda t: b"[" + t + b"]"),
    "padding in the blob": lambda d: repacked(d, None, lambda b: b[: padding_at(d)] + b"\1" + b[padding_at(d) + 1 :]),
    "infinite weight": lambda d: repacked(d, None, lambda b: struct.pack("<f", np.inf) + b[4:]),
}


@pytest.mark.parametrize("what", BREAK)
def test_broken_bytes_are_refused(data, what):
    broken = BREAK[what](data)
    assert broken != data
    with pytest.raises(jtm.FormatError):
        jtm.from_bytes(broken)


def set_at(*path, value):
    def change(header):
        for key in path[:-1]:
            header = header[key]
        if value is None:
            del header[path[-1]]
        else:
            header[path[-1]] = value

    return change


HEADER_EDITS = [
    set_at("name", value="a" * 121),
    set_at("name", value=None),
    set_at("created", value="January"),
    set_at("created", value="2026-02-29"),
    set_at("created", value="2026-01-31Tsoon"),
    set_at("created", value="2026-01-31T24:00"),
    set_at("classes", value=["qcd", "w"]),
    set_at("classes", value=["top", "a", "b"]),
    set_at("colour", value=1),
    set_at("image", "frame", value="nowhere"),
    set_at("image", "bins", value=[35]),
    set_at("image", "bins", value=[35, 36]),
    set_at("image", "width", value=[2.4, 0]),
    set_at("image", "crop", value=[10, 10, 28, 28]),
    set_at("image", "mean", value=None),
    set_at("image", "max_constituents", value=3),
    set_at("image", "resize", value=[40, 40, 1]),
    set_at("features", "names", value=["a"] * 53),
    set_at("features", "names", value=["a"]),
    set_at("features", value=None),
    set_at("layers", 0, "kind", value="conv3d"),
    set_at("layers", 0, "channels", value=17),
    set_at("layers", 0, "channels", value=None),
    set_at("layers", 0, "kernel", value=[3, 65]),
    set_at("layers", 0, "padding", value="some"),
    set_at("layers", 0, "bias", value=1),
    set_at("layers", 0, "colour", value=1),
    set_at("layers", 0, "name", value="image"),
    set_at("layers", 0, "inputs", value=["nothing"]),
    set_at("layers", 1, "inputs", value=["block2a"]),
    set_at("layers", 1, "squeeze", value=5),
    set_at("output", value="dense1"),
    set_at("output", value="features"),
    set_at("tensors", 0, "dtype", value="f16"),
    set_at("tensors", 0, "offset", value=64),
    set_at("tensors", 0, "bytes", value=4),
    set_at("tensors", 0, "name", value="another"),
    set_at("tensors", 1, "shape", value=[]),
    set_at("working_points", "points", value=[]),
    set_at("working_points", "points", 1, "threshold", value=0.9),
    set_at("working_points", "points", 1, "signal_efficiency", value=0.25),
    set_at("working_points", "points", 1, "background_error", value=-1),
    set_at("card", "auc", value="good"),
    set_at("card", "mood", value="good"),
    set_at("golden", "scores", value=[0.5] * 9),
    set_at("golden", "offsets", value=[0, 2, 1, 3, 4, 5, 6, 7, 80]),
    set_at("golden", "constituent_classes", value=[0] * 79),
    set_at("notes", value=json.loads("[" * 17 + "]" * 17)),
    set_at("notes", value={"a": [0] * 262_144}),
]


@pytest.mark.parametrize("number", range(len(HEADER_EDITS)))
def test_broken_headers_are_refused(data, number):
    with pytest.raises(jtm.FormatError):
        jtm.from_bytes(edited(data, HEADER_EDITS[number]))


def test_edits_that_change_nothing_are_read(data, model):
    assert jtm.from_bytes(edited(data, lambda header: None)).header == model.header
    noted = edited(data, set_at("notes", value={"a": [1.5, {"b": None}]}))
    assert jtm.from_bytes(noted).header["notes"] == {"a": [1.5, {"b": None}]}


def test_unknown_keys_of_a_later_minor_version_are_passed_over(data):
    later = bytearray(edited(data, set_at("colour", value=1)))
    later[10] = 1
    later[48:52] = struct.pack("<I", crc32c(bytes(later[:48])))
    assert jtm.from_bytes(bytes(later)).header["colour"] == 1
    later[8] = 2
    later[48:52] = struct.pack("<I", crc32c(bytes(later[:48])))
    with pytest.raises(jtm.FormatError, match="version 2"):
        jtm.from_bytes(bytes(later))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("stem.weight", np.zeros((16, 3, 3), np.float32)),
        ("stem.weight", np.full((16, 3, 3, 3), np.nan, np.float32)),
        ("stem.weight", np.full((16, 3, 3, 3), 1e300)),
        ("stem.weight", np.zeros((16, 3, 3, 3), np.int32)),
        ("stem.variance", np.full(16, -1, np.float32)),
        ("block2a.expand.variance", np.full(48, -1e-6, np.float32)),
        ("image.deviation", np.zeros((3, 35, 35), np.float32)),
        ("features.deviation", np.full(53, -1, np.float32)),
        ("nobody.reads.this", np.zeros(3, np.float32)),
        ("a scalar", np.float32(1)),
    ],
)
def test_writer_refuses_tensors(model, name, values):
    with pytest.raises(jtm.FormatError):
        jtm.to_bytes(jtm.Model(copy.deepcopy(model.header), {**model.tensors, name: values}))


def test_writer_refuses_a_missing_tensor(model):
    tensors = {name: values for name, values in model.tensors.items() if name != "stem.beta"}
    with pytest.raises(jtm.FormatError, match=r"stem\.beta"):
        jtm.to_bytes(jtm.Model(model.header, tensors))


def test_colour_images_need_classes_in_golden():
    network = NETWORKS["macaluso-shih-colour-cms"]
    momenta = np.ones((32, 4), np.float32)
    scores = np.zeros(8, np.float32)
    make = {"version": "0", "created": "2026-01-31"}
    golden = Golden(momenta, np.arange(0, 33, 4), scores)
    with pytest.raises(jtm.FormatError, match="classes"):
        jtm.to_bytes(build(network, random_tensors(network, 1), Statistics(), golden=golden, **make))
    golden.classes = np.arange(32) % 3
    jtm.to_bytes(build(network, random_tensors(network, 1), Statistics(), golden=golden, **make))


def test_library_reads_what_the_writer_writes(tmp_path):
    jettag = pytest.importorskip("jettag", exc_type=ImportError)
    model = some_model(feature_names=list(jettag.FEATURES))
    path = tmp_path / "a.jtm"
    jtm.write(path, model)
    loaded = jettag.load(path, backend="reference")
    header = loaded.info["header"]
    assert {key: value for key, value in header.items() if key != "tensors"} == model.header
    assert loaded.info["auc"] == 0.9 and loaded.info["trained_jets"] == 12 and loaded.info["n_golden"] == 8
    assert loaded.working_points.tolist() == [list(p.values()) for p in model.header["working_points"]["points"]]


@pytest.mark.parametrize("what", [what for what in BREAK if what != "empty"])
def test_library_refuses_what_the_reader_refuses(what, tmp_path):
    jettag = pytest.importorskip("jettag", exc_type=ImportError)
    data = jtm.to_bytes(some_model(feature_names=list(jettag.FEATURES)))
    path = tmp_path / "a.jtm"
    path.write_bytes(data)
    jettag.load(path, backend="reference")
    path.write_bytes(BREAK[what](data))
    with pytest.raises(jettag.ModelFileError):
        jettag.load(path, backend="reference")


@pytest.mark.parametrize("number", range(len(HEADER_EDITS)))
def test_library_refuses_the_headers_that_the_reader_refuses(number, tmp_path):
    jettag = pytest.importorskip("jettag", exc_type=ImportError)
    path = tmp_path / "a.jtm"
    path.write_bytes(edited(jtm.to_bytes(some_model(feature_names=list(jettag.FEATURES))), HEADER_EDITS[number]))
    with pytest.raises(jettag.ModelFileError):
        jettag.load(path, backend="reference")
