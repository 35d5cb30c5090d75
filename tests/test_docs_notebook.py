"""docs/howto/library.ipynb: every cell runs, and shows what the notebook says.

Run as a script, this writes the results into the notebook.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parent.parent / "docs" / "howto" / "library.ipynb"


def executed(cells: list[dict[str, Any]]) -> list[str | None]:
    """Return for each code cell what its last expression is, as a notebook shows it."""
    names: dict[str, Any] = {}
    shown: list[str | None] = []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, str(PATH), "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), str(PATH), "eval"), names)
            shown.append(repr(value))
        else:
            shown.append(None)
    return shown


def notebook() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def test_every_cell_shows_what_the_notebook_says() -> None:
    cells = notebook()["cells"]
    kept = [
        "".join(output["data"]["text/plain"]) if cell["outputs"] else None
        for cell in cells
        if cell["cell_type"] == "code"
        for output in cell["outputs"] or [None]
    ]
    assert len(kept) >= 8
    assert executed(cells) == kept, "run tests/test_docs_notebook.py"


if __name__ == "__main__":
    book = notebook()
    results = iter(executed(book["cells"]))
    count = 0
    for each in book["cells"]:
        if each["cell_type"] == "code":
            count += 1
            text = next(results)
            data = {"data": {"text/plain": [text]}, "metadata": {}, "output_type": "execute_result"}
            each["outputs"] = [] if text is None else [{**data, "execution_count": count}]
            each["execution_count"] = count
    PATH.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
