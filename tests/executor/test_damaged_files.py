"""Damaged and hostile files of numbers: a reason, status 2, no traceback, and no long wait."""

from __future__ import annotations

import io
import random
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnncalc.cli import run

SPEC = "input: 1x4x4\nlayers: [{conv: {name: c, out_channels: 1, kernel_size: 3, bias: false}}]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(SPEC)
    np.save("x.npy", np.ones((1, 4, 4)))
    return tmp_path


def npy(header: str, data: bytes = b"\0" * 8, version: int = 1, size: int | None = None) -> bytes:
    """Return the bytes of an `.npy` file with any header."""
    text = header.encode("latin1") + b"\n"
    width = 2 if version == 1 else 4
    length = len(text) if size is None else size
    return b"\x93NUMPY" + bytes([version, 0]) + length.to_bytes(width, "little") + text + data


def array(shape: str, kind: str = "'<f8'", order: str = "False") -> str:
    return f"{{'descr': {kind}, 'fortran_order': {order}, 'shape': {shape}, }}"


GOOD = npy(array("(1, 1, 1)"))
DAMAGED = {
    "empty": b"",
    "cut magic": GOOD[:4],
    "cut header": GOOD[:30],
    "cut data": GOOD[:-1],
    "version": npy(array("(1,)"), version=9),
    "no dictionary": npy("1 + 1"),
    "not closed": npy("{'descr': ("),
    "nested": npy("(" * 3000),
    "true": npy(array("(True, 1, 1)")),
    "negative": npy(array("(-1, 1, 1)")),
    "400 digits": npy(array(f"({'9' * 400}, 1, 1)")),
    "5000 digits": npy(array(f"({'9' * 5000}, 1, 1)")),
    "huge": npy(array("(1099511627776, 1, 1)")),
    "float": npy(array("(1.0,)")),
    "list": npy(array("[1]")),
    "deep": npy(array(f"({'1, ' * 100})")),
    "objects": npy(array("(1,)", "'|O'")),
    "strings": npy(array("(1,)", "'<U2'")),
    "records": npy(array("(1,)", "[('a', '<f8')]")),
    "odd type": npy(array("(1,)", "'<f99'")),
    "comma type": npy(array("(1,)", "'<f8,<f8'")),
    "order": npy(array("(1,)", order="'x'")),
    "long header": npy(array("(1,)"), version=2, size=2**31),
    "extra": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}"),
}


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail with a reason, soon."""
    start = time.process_time()
    assert run(arguments) == 2
    assert time.process_time() - start < 10  # well below one, or very long
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert error.startswith("error: ")
    return error


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_arrays(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.npy").write_bytes(DAMAGED[name])
    arguments = ["run", "net.yaml", "--input", "bad.npy", "--init", "ones"]
    assert "cannot read `bad.npy`: " in refused(arguments, capsys)
    if name in ("cut data", "huge"):
        return  # within an archive the shape in the header is refused first
    with zipfile.ZipFile("bad.npz", "w") as file:
        file.writestr("c.weight.npy", DAMAGED[name])
    arguments = ["run", "net.yaml", "--input", "x.npy", "--weights", "bad.npz"]
    assert "cannot read `bad.npz` (`c.weight`): " in refused(arguments, capsys)


def good_archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("c.weight.npy", npy(array("(1, 1, 3, 3)"), b"\0" * 72))
    return out.getvalue()


@pytest.mark.usefixtures("folder")
def test_archives_that_zip_itself_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    good = good_archive()
    central = good.index(b"PK\1\2")
    encrypted = bytearray(good)
    encrypted[6] |= 1
    encrypted[central + 8] |= 1
    unknown = bytearray(good)
    unknown[8] = unknown[central + 10] = 97
    arguments = ["run", "net.yaml", "--input", "x.npy", "--weights", "bad.npz"]
    for data in (bytes(encrypted), bytes(unknown), good[:-10], good[:central], b"PK", b"PK\5\6"):
        Path("bad.npz").write_bytes(data)
        assert "cannot read `bad.npz`" in refused(arguments, capsys)
    Path("bad.npz").write_bytes(good)
    assert run(arguments) == 0


@pytest.mark.usefixtures("folder")
def test_thirty_thousand_members(capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile("many.npz", "w") as file:
        for number in range(30_000):
            file.writestr(f"a{number}.npy", b"x")
    start = time.process_time()
    assert run(["run", "net.yaml", "--input", "x.npy", "--weights", "many.npz"]) == 1
    assert time.process_time() - start < 20  # about one, or very long
    error = capsys.readouterr().err
    assert "and 29,961 more" in error
    assert len(error.splitlines()) < 60


@pytest.mark.usefixtures("folder")
def test_no_flipped_byte_is_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(1)
    for good, name, arguments in (
        (GOOD.replace(b"(1, 1, 1)", b"(1, 4, 4)")[:-8] + bytes(128), "b.npy",
         ["--input", "b.npy", "--init", "ones"]),
        (good_archive(), "b.npz", ["--input", "x.npy", "--weights", "b.npz"]),
    ):  # fmt: skip
        for _ in range(150):
            data = bytearray(good)
            for _ in range(rng.randint(1, 3)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            Path(name).write_bytes(data[: rng.choice([len(data), rng.randrange(len(data))])])
            assert run(["run", "net.yaml", *arguments]) in (0, 1, 2)
    capsys.readouterr()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "text",
    ["[[[1" + "0" * 400 + "]]]", "[[[1" + "0" * 9000 + "]]]", '[["1", "2"], ["3", "4"]]',
     "[[null]]", "[[true]]", "[" * 5000, "[[1, {}]]", "[[1], 2]", "[", "[" * 60 + "1" + "]" * 60],
)  # fmt: skip
def test_typed_numbers_that_are_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(["run", "net.yaml", "--input", text, "--init", "ones"], capsys)


@pytest.mark.usefixtures("folder")
def test_damaged_images(capsys: pytest.CaptureFixture[str]) -> None:
    image = pytest.importorskip("PIL.Image")
    rng = random.Random(2)
    image.new("RGB", (9, 9), (1, 2, 3)).save("p.png")
    good = Path("p.png").read_bytes()
    for _ in range(60):
        data = bytearray(good)
        data[rng.randrange(8, len(data))] ^= 1 << rng.randrange(8)
        Path("p.png").write_bytes(data[: rng.choice([len(data), rng.randrange(len(data))])])
        assert run(["run", "examples/edges", "--input", "p.png"]) in (0, 2)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_arrays_of_every_kind_and_order_are_read_as_numpy_reads_them() -> None:
    from cnncalc.executor.files import NpzArchive
    from cnncalc.executor.inputs import read_input

    for kind in ("f2", "f4", ">f8", "i1", "u4", "?", "<i8"):
        for made in (np.arange(24).reshape(2, 3, 4).astype(kind), np.ones((0, 2), kind)):
            for stored in (made, np.asfortranarray(made)):
                np.save("a.npy", stored)
                np.testing.assert_array_equal(read_input("a.npy"), made)
                np.savez_compressed("a.npz", a=stored)
                np.testing.assert_array_equal(NpzArchive("a.npz")["a"], made)
