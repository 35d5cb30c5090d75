"""Compiles what the page's questions import; compile.mjs runs this in the Python of the browser.

Compiling took two thirds of the time to the first answer, most of it for Python's own library,
which Pyodide carries as sources. Compiled modules are larger, so only those that are imported are.
"""

import importlib.util
import marshal
import py_compile
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path("/tmp/all")
LIBRARY = next(path for path in sys.path if path.endswith(".zip"))


def answer_all() -> None:
    """Import what the page needs, by answering one question of every kind."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(HERE))
    import session

    session.networks()
    session.names(session.SAMPLE, None)
    for kind in session.COMMANDS:
        session.answer(kind, session.SAMPLE, [])


def imported(place: str) -> list[str]:
    """Return the sources below a place that were imported."""
    files = [getattr(module, "__file__", None) or "" for module in [*sys.modules.values()]]
    return sorted(file for file in files if file.startswith(place) and file.endswith(".py"))


def compile_ours() -> None:
    """Replace sources by compiled modules, and pack everything as a compressed tar."""
    for source in imported(f"{HERE}/"):
        py_compile.compile(source, source + "c", dfile=source[len(f"{HERE}/") :], doraise=True)
        Path(source).unlink()
    with tarfile.open("/tmp/pack", "w:gz", format=tarfile.USTAR_FORMAT) as pack:
        for path in sorted(HERE.rglob("*")):
            if path.is_file():
                pack.add(path, str(path.relative_to(HERE)))


def compile_library() -> None:
    """Write Python's own library again; nobody here reads its docstrings."""
    wanted = {source[len(f"{LIBRARY}/") :] for source in imported(f"{LIBRARY}/")}
    # A header of zeros is a time that is not compared, since the source does not lie beside it.
    header = importlib.util.MAGIC_NUMBER + bytes(12)
    with (
        zipfile.ZipFile("/tmp/library.zip") as sources,
        zipfile.ZipFile("/tmp/compiled.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        for name in sources.namelist():
            text = sources.read(name)
            if name in wanted:
                code = compile(text, f"{LIBRARY}/{name}", "exec", dont_inherit=True, optimize=2)
                target.writestr(name + "c", header + marshal.dumps(code))
            else:
                target.writestr(name, text)


answer_all()
compile_ours()
compile_library()
