"""The plan of the house, read from the imports: who may know whom, and what a summary loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "cnncalc"

#: Floors of the house: a room may import what lies below it, and itself, not its neighbours.
FLOORS = (
    ("record", "geometry", "quantities", "diagnostics", "amounts", "escaping", "replacing"),
    ("layers",),
    ("graph",),
    ("language", "analysis", "fields", "executor", "exchange"),
    ("networks", "writing"),
    ("teaching",),
    ("solve",),
    ("search",),
    ("grading",),  # shows a student the derivation that teaching makes
    ("report",),
    ("pictures",),  # writes layers and figures in the words of reports
    ("notebook",),  # shows values by what reports and pictures make of them
    ("cli",),
)
#: Rooms on the ground floor are single modules that may know one another.
GROUND = FLOORS[0]
#: The few doors between neighbours or upwards, each with its reason.
DOORS = {
    ("layers", "executor"): "a layer's forward imports its kernel when it is called",
    ("layers", "language"): "formulas of a layer of one's own are the arithmetic of specs",
    ("analysis.published", "fields"): "holds published fields against the computed ones",
    ("analysis.summary", "fields"): "a summary holds the field of every node",
    ("fields.api", "analysis"): "a receptive field belongs to the shapes of an analysis",
    ("executor.verify", "analysis"): "compares what was computed with what was measured",
    ("executor.probe", "analysis"): "measures on the shapes that were computed",
    ("executor.field_checks", "analysis"): "compares fields on the shapes that were computed",
    ("executor.field_checks", "fields"): "compares measured receptive fields with these",
    ("executor.paths", "fields"): "counts paths through the relations that fields follow",
}
#: Where third-party packages may be imported; `lazily` means inside a function only.
OUTSIDE = {
    "click": ("cli",),
    "yaml": ("language.libyaml",),
    "rich": ("report", "cli"),
    "PIL": ("executor.inputs",),
    "cairosvg": ("pictures.draw",),
    "distributed": ("search.cluster",),
    "pyarrow": ("report.found",),
    "onnx": ("exchange.onnx",),
    "h5py": ("exchange.keras",),
    "torch": ("exchange.torch",),
    "numpy": (
        "pictures.maps",
        "executor",
        "grading",
        "teaching",
        "report",
        "cli",
        "exchange",
        "__init__",
    ),
}


class Import(NamedTuple):
    """One import: the module that has it, what it imports, its line, whether in a function."""

    module: str
    target: str
    line: int
    lazy: bool


class Module(NamedTuple):
    """What is asked of a file: what it imports when it runs, all that it names, its classes."""

    imports: list[Import]
    named: set[str]
    classes: list[str]


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements in a statement: imports are nowhere else, and most of a tree is not."""
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        yield from getattr(node, name, ())


@cache
def module(path: Path) -> Module:
    """Read a file; its tree is not kept, as trees of all files would take seconds to look after."""
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    found: list[Import] = []
    named: set[str] = set()

    def visit(node: ast.AST, lazy: bool, typing: bool) -> None:
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
            named.update(targets)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            source = node.module or ""
            whole = [f"{source}.{alias.name}" for alias in node.names]
            named.update(whole, [source])
            # `from cnncalc import layers` imports cnncalc.layers
            targets = whole if source == "cnncalc" else [source]
        if not typing:
            found.extend(
                Import(name, target, getattr(node, "lineno", 0), lazy) for target in targets
            )
        inner = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        checked = isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for child in statements(node):
            visit(child, inner, typing or (checked and child not in getattr(node, "orelse", ())))

    tree = ast.parse(path.read_text(encoding="utf-8"))
    visit(tree, False, False)
    return Module(found, named, [node.name for node in tree.body if isinstance(node, ast.ClassDef)])


@cache
def every_import() -> list[Import]:
    """Return all imports of the package."""
    return [found for path in sorted(PACKAGE.rglob("*.py")) for found in module(path).imports]


def floor(room: str) -> int:
    """Return the floor of a room; raises `StopIteration` for one that the plan does not know."""
    return next(level for level, rooms in enumerate(FLOORS) if room in rooms)


def is_allowed(found: Import) -> bool:
    """Return whether an import within the package keeps to the plan."""
    room, target = found.module.split(".")[0], found.target.split(".")[1]
    if room in ("__init__", "__main__") or room == target or target == "__version__":
        return True
    if (room, target) in DOORS:
        return found.lazy
    if any(found.module.startswith(door) and target == to for door, to in DOORS):
        return True
    if room in GROUND and target in GROUND:
        return True
    return floor(target) < floor(room)


def test_rooms_import_only_what_lies_below_them() -> None:
    inside = [found for found in every_import() if found.target.startswith("cnncalc.")]
    assert len(inside) > 200
    assert [found for found in inside if not is_allowed(found)] == []


def test_no_files_import_one_another_in_a_circle() -> None:
    # The file of a package is left out: whoever imports from a package imports that one too.
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): module(path).named
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
    }
    left = {file: found & (files.keys() - {file}) for file, found in files.items()}
    assert sum(map(len, left.values())) > 500
    while lowest := [file for file, found in left.items() if not found & left.keys()]:
        for file in lowest:
            del left[file]
    assert left == {}  # what is left is in a circle, or imports one that is


def test_every_room_has_a_floor() -> None:
    rooms = {found.module.split(".")[0] for found in every_import()} - {"__init__", "__main__"}
    assert rooms <= {room for rooms in FLOORS for room in rooms}


@pytest.mark.parametrize("library", OUTSIDE)
def test_third_party_packages_stay_in_their_rooms(library: str) -> None:
    users = [found for found in every_import() if found.target.split(".")[0] == library]
    assert users
    strangers = [
        found
        for found in users
        if not any(f"{found.module}.".startswith(f"{room}.") for room in OUTSIDE[library])
    ]
    assert strangers == []


def test_numpy_is_imported_at_once_only_by_the_executor_and_pillow_by_nobody() -> None:
    at_once = [(found.target.split(".")[0], found) for found in every_import() if not found.lazy]
    strangers = [f for library, f in at_once if library == "numpy" and "executor" not in f.module]
    assert strangers == []
    assert "PIL" not in [library for library, _ in at_once]


def test_only_known_packages_are_imported() -> None:
    known = {"cnncalc", *OUTSIDE, *sys.stdlib_module_names}
    assert [found for found in every_import() if found.target.split(".")[0] not in known] == []


#: What costs a noticeable part of a bare interpreter's start, and a summary can do without.
DEAR = (
    "click", "numpy", "rich", "dataclasses", "pathlib", "typing_extensions", "importlib.metadata",
    "json", "yaml.constructor", "yaml.representer", "asyncio", "subprocess", "logging", "difflib",
    "tempfile", "decimal", "fractions", "unicodedata", "csv", "typing", "inspect", "re", "enum",
)  # fmt: skip


@pytest.mark.parametrize("format", ["table", "csv"])
def test_a_summary_on_a_pipe_loads_no_more_than_it_needs(format: str) -> None:
    program = (
        "import sys; bare = set(sys.modules); from cnncalc.cli import run;"
        f"status = run(['summary', 'resnet50', '--format', '{format}']);"
        "print('\\n'.join([str(status), *sorted(set(sys.modules) - bare)]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    status, *loaded = done.stderr.split()
    assert status == "0"
    assert [
        name for name in loaded if name in DEAR or name.split(".")[0] in ("numpy", "rich")
    ] == []
    rooms = {name.split(".")[1] for name in loaded if name.startswith("cnncalc.")}
    assert rooms.isdisjoint({"executor", "teaching", "solve", "search", "grading"})


def test_no_two_classes_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in module(path).classes:
            places.setdefault(name, []).append(str(path.relative_to(PACKAGE)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_the_grading_half_is_entered_by_its_door() -> None:
    entered = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] != "grading"
        for name in module(path).named
        if name.startswith("cnncalc.grading.") and (ROOT / f"{name.replace('.', '/')}.py").is_file()
    }
    assert entered == set()


def test_no_file_has_more_than_300_lines() -> None:
    sizes = {
        path.relative_to(PACKAGE).as_posix(): path.read_bytes().count(b"\n")
        for path in PACKAGE.rglob("*.py")
    }
    assert len(sizes) > 100
    assert {name: size for name, size in sizes.items() if size > 300} == {}
