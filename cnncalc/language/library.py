"""The specs that ship with the package, and how a name on the command line finds its spec."""

from __future__ import annotations

import os
from functools import lru_cache

from cnncalc.diagnostics import Source, UsageError, suggest
from cnncalc.language.source import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = (".yaml", ".yml")


def folder() -> str:
    """Return the folder of the shipped specs: inside an installed package, beside a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "architectures")
    return inside if os.path.isdir(inside) else os.path.join(package, os.pardir, "architectures")


def stems() -> list[str]:
    """Return the names of the shipped files, without their suffix, in alphabetical order."""
    return sorted(name[:-5] for name in os.listdir(folder()) if name.endswith(".yaml"))


def text(stem: str) -> str:
    """Return the text of a shipped spec."""
    return _content(os.path.join(folder(), stem + ".yaml"))


@lru_cache(maxsize=200)
def _content(path: str) -> str:
    """Return the text of a shipped file, read once in a process: it does not change."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def shipped(stem: str) -> Source:
    """Return a shipped spec under the name that messages show."""
    return Source(f"{stem}.yaml", text(stem))


def variant_names(spec: str) -> list[str]:
    """Return the names that a shipped text lists under `variants`, found without parsing it.

    Shipped specs write their variants as an indented block, one name per line; a test holds them
    to it. This lets a name be found among all files in about a millisecond.
    """
    lines = iter(spec.splitlines())
    for line in lines:
        if line.rstrip() == "variants:":
            break
    names = []
    for line in lines:
        if line[:1] not in ("", " ", "#"):
            break
        if line.startswith("  ") and line[2:3] not in ("", " ", "#", "-"):
            names.append(line.split(":")[0].strip().strip("\"'"))
    return names


def builtin_names() -> Iterator[tuple[str, str, str | None]]:
    """Yield every built-in name with its file's stem and variant (None: the file itself).

    A file with variants is reached by these and by its stem; the stem is yielded only if no
    variant bears the same name and the file has no variants.
    """
    for stem in stems():
        variants = variant_names(text(stem))
        for name in variants:
            yield name, stem, name
        if not variants:
            yield stem, stem, None


def find(name: str) -> tuple[Source, str | None]:
    """Return the spec that a path, a built-in name or `-` means, and the variant it names.

    Raises `UsageError` if there is none.
    """
    if name == "-" or (os.path.exists(name) and is_path(name)):
        return read(name), None
    stem = os.path.basename(name)
    looks_shipped = os.path.dirname(name) in ("", "architectures")
    for suffix in SUFFIXES:
        stem = stem.removesuffix(suffix)
    if looks_shipped:
        known = stems()
        if stem in known:
            found = shipped(stem)
            return found, stem if stem in variant_names(found.text) else None
        if not name.endswith(SUFFIXES):
            for file in sorted(known, key=lambda stem: not name.startswith(stem[:4])):
                found = shipped(file)  # a variant is most often in the file of its family's name
                if name in variant_names(found.text):
                    return found, name
    if os.path.dirname(name) in ("examples", "architectures/examples"):
        example = os.path.join("examples", stem)
        if os.path.exists(os.path.join(folder(), example + ".yaml")):
            return shipped(example), None
    if os.path.exists(name):
        return read(name), None
    names = [other for other, _, _ in builtin_names()] + stems()
    meant = suggest(stem, names)
    help = f"did you mean `{meant}`?" if meant else "`cnncalc list` shows the built-in names"
    if is_path(name):
        raise UsageError(f"there is no file `{name}`", help)
    raise UsageError(f"there is no network and no file named `{name}`", help)


def is_path(name: str) -> bool:
    """Return whether a name on the command line is meant as a file."""
    return name.endswith(SUFFIXES) or os.sep in name or "/" in name
