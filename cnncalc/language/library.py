"""The specs that ship with the package, and how a name on the command line finds its spec."""

from __future__ import annotations

import os
from functools import lru_cache

from cnncalc.diagnostics import Source, UsageError, quoted, suggest
from cnncalc.language.source import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: So many names that begin alike are listed.
MOST_NAMES = 5
SUFFIXES = (".yaml", ".yml")


def folder() -> str:
    """Return the folder of the shipped specs: inside an installed package, beside a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "architectures")
    return inside if os.path.isdir(inside) else os.path.join(package, os.pardir, "architectures")


def stems() -> list[str]:
    """Return the names of the shipped files, without their suffix, in alphabetical order."""
    return sorted(name[:-5] for name in os.listdir(folder()) if name.endswith(".yaml"))


def examples() -> list[str]:
    """Return the names of the shipped examples, such as `examples/pooling`."""
    return sorted(
        f"examples/{name[:-5]}"
        for name in os.listdir(os.path.join(folder(), "examples"))
        if name.endswith(".yaml")
    )


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


def builtin(name: str) -> tuple[Source, str | None] | None:
    """Return the shipped spec that a name without a suffix means, and the variant it names."""
    known = stems()
    if name in known:
        found = shipped(name)
        return found, name if name in variant_names(found.text) else None
    for file in sorted(known, key=lambda stem: not name.startswith(stem[:4])):
        found = shipped(file)  # a variant is most often in the file of its family's name
        if name in variant_names(found.text):
            return found, name
    return None


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
    if looks_shipped and (stem in stems() or not name.endswith(SUFFIXES)):
        found = builtin(stem if stem in stems() else name)
        if found is not None:
            return found
    if os.path.dirname(name) in ("examples", "architectures/examples"):
        example = f"examples/{stem}"
        if example in examples():
            return shipped(example), None
    if os.path.exists(name):
        return read(name), None
    if is_path(name):
        raise UsageError(f"there is no file `{name}`", meant(stem, os.path.dirname(name)))
    raise UsageError(f"there is no network and no file named `{name}`", meant(stem, ""))


def meant(stem: str, folder: str | None = None) -> str:
    """Return the help for a name that no shipped spec bears, nor a file where a folder is given."""
    files = {} if folder is None else specs_in(folder)
    near = files.get(stem.lower())
    names = [name for name, _, _ in builtin_names()]
    near = near or suggest(stem, [*names, *stems()])
    near = near or files.get(suggest(stem, files) or "")
    longer = [name for name in names if stem and name.startswith(stem)]
    if not near and 0 < len(longer) <= MOST_NAMES:
        return "did you mean " + " or ".join(f"`{name}`" for name in longer) + "?"
    return f"did you mean `{near}`?" if near else "`cnncalc list` shows the built-in names"


def specs_in(folder: str) -> dict[str, str]:
    """Return the paths of the specs in a folder by their names in small letters, unsuffixed."""
    try:
        names = sorted(name for name in os.listdir(folder or ".") if name.endswith(SUFFIXES))
    except OSError:
        return {}
    return {name.rpartition(".")[0].lower(): os.path.join(folder, name) for name in names}


def beside(name: str, folder: str | None) -> tuple[Source, str | None]:
    """Return the spec that another one names: built in, or a file in the folder or below it.

    Raises `UsageError` if there is none, or if files may not be read.
    """
    if not is_path(name):
        found = builtin(name)
        if found is None:
            raise UsageError(f"there is no network named {quoted(name)}", meant(name))
        return found
    if folder is None:
        raise UsageError("this spec may not read files", "name a network that is built in")
    parts = name.split("/")
    if os.path.isabs(name) or ".." in parts or os.sep not in ("/", *name):
        raise UsageError(
            f"the file {quoted(name)} is not beside this spec", "put it into the same folder"
        )
    path = os.path.join(folder, name)
    if os.path.realpath(path) != os.path.join(os.path.realpath(folder), *parts):
        raise UsageError(f"the file {quoted(name)} leads out of this folder", "copy it here")
    return read(path), None


def is_path(name: str) -> bool:
    """Return whether a name on the command line is meant as a file."""
    return name.endswith(SUFFIXES) or os.sep in name or "/" in name
