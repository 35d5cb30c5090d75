"""The description of a Keras model, from any of the files that hold one.

Nothing of a file is ever run: Lambda layers, which hold program code, are refused by name.
"""

from __future__ import annotations

import json
import os

from cnncalc.diagnostics import UsageError
from cnncalc.exchange.files import Archive, error_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A description of a model is never longer than this; weights lie elsewhere.
MOST_BYTES = 64 << 20
#: Texts within texts are opened so often.
MOST_TEXTS = 3
HDF5 = b"\x89HDF\r\n\x1a\n"


def description(path: str) -> tuple[dict[str, Any], int]:
    """Return the model's description, and the major version of Keras that wrote it.

    Raises `SpecError` for a file without one, `UsageError` for a file that cannot be read.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(8)
            size = os.fstat(file.fileno()).st_size
            if start.startswith(b"PK"):
                text: Any = from_archive(path)
            elif start == HDF5:
                text = from_hdf5(path)
            elif size > MOST_BYTES:
                raise error_in(path, f"a description of a model has at most {MOST_BYTES >> 20} MiB")
            else:
                text = (start + file.read()).decode("utf-8", "replace")
    except OSError as fault:
        raise UsageError(f"cannot read {path}: {fault.strerror or fault}") from None
    return unwrapped(path, text)


def from_archive(path: str) -> str:
    """Return the text of `config.json` in a `.keras` archive."""
    archive = Archive(path)
    if "config.json" not in archive.entries:
        raise error_in(path, "the archive holds no config.json, as Keras' own do")
    return archive.text("config.json", MOST_BYTES)


def from_hdf5(path: str) -> dict[str, Any]:
    """Return the attributes `model_config` and `keras_version` of an HDF5 file."""
    from cnncalc.exchange.keras.hdf5 import opened

    try:
        with opened(path) as file:
            found = {
                name: plain(file.attrs.get(name)) for name in ("model_config", "keras_version")
            }
    except (OSError, RuntimeError, ValueError, KeyError) as fault:
        raise error_in(path, f"the HDF5 file is damaged: {fault}") from None
    if found["model_config"] is None:
        message = "the HDF5 file holds weights without the network they belong to"
        raise error_in(path, message, "save the whole model, or `model.to_json()`")
    text = found["model_config"]
    return {**found, "model_config": from_text(path, text) if isinstance(text, str) else text}


def plain(value: Any) -> Any:
    """Return an attribute's text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def from_text(path: str, text: str) -> Any:
    """Return what a JSON text holds; raises `SpecError` for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise error_in(path, f"it is not JSON: {fault}") from None


def unwrapped(path: str, text: Any) -> tuple[dict[str, Any], int]:
    """Return the description within a JSON text or what one holds, whatever it is wrapped in."""
    found: Any = text
    for _ in range(MOST_TEXTS):
        if not isinstance(found, str):
            break
        found = from_text(path, found)
    version = 0
    for key in ("modelTopology", "model_config", "config"):
        if not isinstance(found, dict):
            break
        version = version or major(found.get("keras_version"))
        inner = found.get(key)
        if "class_name" not in found and isinstance(inner, dict):
            found = inner
    if isinstance(found, dict):
        version = version or major(found.get("keras_version"))
    if not isinstance(found, dict) or "class_name" not in found or "config" not in found:
        raise error_in(path, "it is JSON, but no description of a Keras model")
    return found, version or guessed(found)


def major(version: object) -> int:
    """Return the first number of a version, 0 for none."""
    first = str(version or "").split(".")[0]
    return int(first) if first.isdigit() else 0


def guessed(model: dict[str, Any]) -> int:
    """Return the version of Keras that writes so: Keras 3 names the module of each class."""
    return 3 if "module" in model else 2
