"""The page of the Python library, from `cnncalc.__all__` and the classes that it returns."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import cnncalc

HEAD = """# The Python library

Everything in `cnncalc.__all__`, and the classes of what it returns. Other modules of the package
are its own affair and may change in any release; what stands here changes only as
[the rule](#what-will-not-change) says.

## Functions and errors
"""
TAIL = """
## What will not change

A name on this page keeps its meaning within a minor release (0.2.x). One that is to go is first
deprecated: for one minor release at least it still works, warns with `DeprecationWarning` and
says what to use instead, and the changelog lists it. New arguments are added at the end or by
keyword; new attributes may come at any time.
"""


def write(page: Path) -> None:
    """Write the page."""
    lines = [HEAD, "```{eval-rst}"]
    for name in cnncalc.__all__:
        value = getattr(cnncalc, name)
        kind = "module" if inspect.ismodule(value) else "class" if inspect.isclass(value) else ""
        directive = f".. auto{kind or 'function'}:: cnncalc.{name}\n"
        lines.append(directive + ("   :members:\n" if kind else ""))
    lines += ["```", "\n## What they return\n", "```{eval-rst}"]
    for module, name in returned():
        lines.append(f".. autoclass:: {module}.{name}\n   :members:\n")
    lines += ["```", TAIL]
    page.write_text("\n".join(lines), encoding="utf-8")


def returned() -> list[tuple[str, str]]:
    """Return the classes in the signatures of the library: what it imports for its types."""
    tree = ast.parse(inspect.getsource(cnncalc))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for line in node.body:
                if isinstance(line, ast.ImportFrom) and str(line.module).startswith("cnncalc."):
                    found += [(str(line.module), one.name) for one in line.names]
    return [pair for pair in found if pair[1] not in cnncalc.__all__]
