"""Python source in the layout of the usual formatters: lines of at most 88 characters.

What does not fit on a line has its innermost part on a line of its own, and what still does not fit
has one item a line, with a comma after the last.
"""

from __future__ import annotations

import keyword
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WIDTH = 88
INDENT = "    "


def literal(value: Any) -> str:
    """Return a value as source."""
    from cnncalc.exchange.source.forms import Code

    if isinstance(value, Code):
        return value.text
    if isinstance(value, tuple | list):
        inner = ", ".join(literal(item) for item in value)
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    if isinstance(value, float):
        short = f"{value:.10g}"  # 0.15 for 0.15000000000000002, what arithmetic left
        return short if abs(float(short) - value) < 1e-15 * abs(value) + 1e-300 and (
            "." in short or "e" in short) else repr(value)  # fmt: skip
    return repr(value)


def matching(code: str, end: int) -> int:
    """Return where the bracket that ends at a place begins; -1 if nowhere."""
    depth, quoted = 0, False
    for i in range(end, -1, -1):
        if code[i] == '"' and (i == 0 or code[i - 1] != "\\"):
            quoted = not quoted
        if not quoted:
            depth += (code[i] in ")]}") - (code[i] in "([{")
            if depth == 0:
                return i
    return -1


def to_split(code: str, indent: str) -> tuple[str, str, str] | None:
    """Return code before, within and after the bracket to split it at, or None if there is none.

    Of calls one after the other, as in `layer(options)(x)`, it is the first that does not fit.
    """
    tail = re.search(r"[)\]}](:| -> [A-Za-z.\[\], ]+:)?$", code)
    if tail is None:
        return None
    groups = []
    end = tail.start()
    while end >= 0 and code[end] in ")]}":
        start = matching(code, end)
        if start < 0:
            break
        groups.append((start, end))
        end = start - 1
    for number in range(len(groups) - 1, -1, -1):
        start, end = groups[number]
        reach = groups[number - 1][0] + 1 if number else len(code)
        if len(indent) + reach > WIDTH:
            return code[: start + 1], code[start + 1 : end], code[end:]
    return None


def items(code: str) -> list[str]:
    """Return the parts of code between its outermost commas."""
    parts, depth, quoted, start = [], 0, False, 0
    for i, letter in enumerate(code):
        if letter == '"' and (i == 0 or code[i - 1] != "\\"):
            quoted = not quoted
        elif not quoted:
            depth += (letter in "([{") - (letter in ")]}")
            if letter == "," and depth == 0:
                parts.append(code[start:i].strip())
                start = i + 1
    return [*parts, code[start:].strip()] if code[start:].strip() else parts


def laid_out(code: str, indent: str) -> list[str]:
    """Return one statement, given as one line, as lines that fit."""
    if len(indent) + len(code) <= WIDTH:
        return [indent + code]
    found = to_split(code, indent)
    if found is None or not found[1]:
        return [indent + code]
    before, inside, after = found
    inner = indent + INDENT
    closing = laid_out(after, indent) if after[1:2] == "(" else [indent + after]
    is_call = re.search(r"[\w\])]\($", before) is not None  # others have one item a line
    if is_call and len(inner) + len(inside) <= WIDTH and not inside.endswith(","):
        return [indent + before, inner + inside, *closing]
    parts = items(inside)
    is_tuple = before[-1] != "(" or len(parts) > 1  # a lone expression gets no comma
    if (is_call or not is_tuple) and len(parts) == 1 and not inside.endswith(","):
        return [indent + before, *laid_out(parts[0], inner), *closing]
    lines = [indent + before]
    for part in parts:
        piece = laid_out(part, inner)
        lines += [*piece[:-1], piece[-1] + ","]
    return [*lines, *closing]


def statement(code: str, indent: str, comment: str = "") -> list[str]:
    """Return the lines of a statement, with a comment after it or, where it is long, above."""
    if comment and len(indent) + len(code) + len(comment) + 4 <= WIDTH:
        return [f"{indent}{code}  # {comment}"]
    lines = laid_out(code, indent)
    return [f"{indent}# {comment}", *lines] if comment else lines


def loop(names: list[str], over: str, indent: str, *, numbered: bool) -> list[str]:
    """Return the first line of a loop over rows of a table, or its lines where it is long."""
    inner = ", ".join(names)
    if numbered:
        inner = f"i, ({inner})" if len(names) > 1 else f"i, {inner}"
        over = f"enumerate({over})"
    line = f"{indent}for {inner} in {over}:"
    if len(line) <= WIDTH or len(names) == 1:
        return [line]
    head = "for i, (" if numbered else "for ("
    return [indent + head, *[f"{indent}{INDENT}{name}," for name in names], f"{indent}) in {over}:"]


def docstring(text: str, indent: str) -> list[str]:
    """Return a docstring: its first line, then other lines folded."""
    import textwrap

    first, _, rest = text.partition("\n")
    width = WIDTH - len(indent)
    lines = textwrap.wrap(first.replace('"""', "'''").replace("\\", "/"), width - 3)
    head = f'{indent}"""{lines[0]}'
    if len(lines) == 1 and not rest and len(head) + 3 <= WIDTH:
        return [head + '"""']
    body = [indent + line for line in lines[1:]]
    for paragraph in rest.split("\n"):
        folded = textwrap.wrap(paragraph.replace('"""', "'''").replace("\\", "/"), width)
        body += [indent + line for line in folded] or [""]
    while body and not body[-1]:
        body.pop()
    return [head, *body, indent + '"""']


def plain(name: str) -> str:
    """Return a name as one of Python: `3x3` becomes `branch_3x3`."""
    found = re.sub(r"\W+", "_", name).strip("_") or "x"
    if found[0].isdigit():
        found = f"branch_{found}"
    return f"{found}_" if keyword.iskeyword(found) else found
