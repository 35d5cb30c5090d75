"""Puts the playground together: its page, Pyodide from npm, cnncalc's wheel and what it imports.

`python docs/playground/build.py FOLDER`, then serve the folder with any web server. Needs node
and npm, and hatchling for the wheel. NumPy is not on npm: `--numpy WHEEL` adds the wheel of
Pyodide's own distribution, and `verify` works; without it `verify` says what is missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = ("index.html", "playground.css", "playground.js", "worker.js", "offline.js")
#: What loads Python in a browser; the rest of the package is for other uses.
PYODIDE = (
    "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json",
)  # fmt: skip
#: What cnncalc imports when it prints to a page: rich is for terminals, NumPy for running.
IMPORTED = ("click", "PyYAML")
#: Rooms of cnncalc that the page's questions do not enter.
LEFT_OUT = ("cnncalc/exchange/", "cnncalc/grading/", "cnncalc/search/", "cnncalc/py.typed")


def build(folder: Path, numpy: Path | None = None) -> None:
    """Write the playground into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PAGE:
        shutil.copyfile(HERE / name, folder / name)
    python = installed()
    (folder / "pyodide").mkdir(exist_ok=True)
    for name in PYODIDE:
        shutil.copyfile(python / name, folder / "pyodide" / name)
    with tempfile.TemporaryDirectory() as place:
        sources = Path(place) / "sources.zip"
        with zipfile.ZipFile(sources, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(HERE / "session.py", "session.py")
            add_wheel(archive, Path(place))
            for name in IMPORTED:
                add_package(archive, name)
        pack, library = folder / "cnncalc.pack", folder / "pyodide" / "python_stdlib.zip"
        script = HERE / "compile.mjs"
        subprocess.run(["node", script, python, sources, pack, library], check=True)
    files = {"modules": pack.name, "numpy": numpy and with_numpy(numpy, python, folder)}
    all_files = [path for path in folder.rglob("*") if path.is_file()]
    files["offline"] = sorted(path.relative_to(folder).as_posix() for path in all_files)
    (folder / "files.json").write_text(json.dumps(files, indent=1), encoding="utf-8")


def installed() -> Path:
    """Return the folder of Pyodide, which npm installs at the pinned version."""
    place = ROOT / "build" / "npm"
    place.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HERE / "package.json", place / "package.json")
    found = place / "node_modules" / "pyodide"
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
    version = wanted["dependencies"]["pyodide"]
    package = found / "package.json"
    if not package.exists() or json.loads(package.read_text("utf-8"))["version"] != version:
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=place, check=True)
    return found


def add_wheel(archive: zipfile.ZipFile, place: Path) -> None:
    """Build the wheel of this package and add what the page needs of it."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
        for name in wheel.namelist():
            if name.startswith("cnncalc/") and not name.startswith(LEFT_OUT):
                archive.writestr(name, wheel.read(name))


def add_package(archive: zipfile.ZipFile, name: str) -> None:
    """Add the Python files of an installed package; PyYAML works without its C part."""
    for file in distribution(name).files or ():
        if file.suffix == ".py" and ".." not in file.parts:
            archive.write(Path(str(file.locate())), str(file))


def with_numpy(numpy: Path, python: Path, folder: Path) -> str:
    """Copy NumPy's wheel, which must be the one that this Pyodide names."""
    lock = json.loads((python / "pyodide-lock.json").read_text(encoding="utf-8"))
    expected = lock["packages"]["numpy"]
    if hashlib.sha256(numpy.read_bytes()).hexdigest() != expected["sha256"]:
        raise SystemExit(f"{numpy} is not {expected['file_name']} of Pyodide's distribution")
    shutil.copyfile(numpy, folder / "pyodide" / expected["file_name"])
    return f"pyodide/{expected['file_name']}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--numpy", type=Path, help="Pyodide's own wheel of NumPy")
    asked = parser.parse_args()
    build(asked.folder, asked.numpy)
