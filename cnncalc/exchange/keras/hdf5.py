"""The arrays of a Keras model: in the HDF5 file of an archive, or in an HDF5 file of its own."""

from __future__ import annotations

import re

from cnncalc.exchange.files import Archive, error_in, needed
from cnncalc.exchange.keras.model import HDF5_READING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cnncalc.exchange.keras.model import KerasLayer
    from cnncalc.exchange.operations.values import Array

    #: A layer after the models that hold it.
    Path = tuple[KerasLayer, ...]

#: Where an archive has the arrays.
INNER = "model.weights.h5"
#: Arrays of one model have at most so many bytes.
MOST_BYTES = 1 << 36
#: In which order parts of a layer hold their arrays.
PARTS = ("vars", "layer", "cell", "forward_layer", "backward_layer")
#: What older versions of Keras 3 call the layers of a model.
CONTAINERS = ("layers", "_layer_checkpoint_dependencies")


class WeightsFile:
    """The file that holds a model's arrays, and where in it each layer has its own.

    Links to other files are never followed. Raises `SpecError` for a file without arrays.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        source: Any = path
        with open(path, "rb") as file:
            archived = file.read(2) == b"PK"
        if archived:
            archive = Archive(path)
            if INNER not in archive.entries:
                raise error_in(self.path, f"the archive holds no {INNER}: it has no weights")
            from io import BytesIO

            source = BytesIO(archive.read(INNER, MOST_BYTES))
        elif not path.lower().endswith((".h5", ".hdf5")):
            raise error_in(self.path, "it describes a model without its weights",
                             "save the whole model: model.save('model.keras')")  # fmt: skip
        h5py = needed("h5py", HDF5_READING, "keras")
        try:
            self.file = h5py.File(source, "r")
        except OSError as fault:
            raise error_in(self.path, f"the weights are damaged: {fault}") from None
        self.by_place = archived

    def backend(self) -> str:
        """Return what Keras computed with when it wrote the file, or "" where that is not said."""
        for place in (self.file, self.hard("model_weights")):
            found = place.attrs.get("backend", b"") if place is not None else b""
            if isinstance(found, bytes | str) and found:
                return found.decode("utf-8", "replace") if isinstance(found, bytes) else found
        return ""

    def places(self, paths: list[Path]) -> Iterator[tuple[KerasLayer, list[str]]]:
        """Yield each layer with the names of its arrays, in order."""
        try:
            yield from self.by_class(paths) if self.by_place else self.by_name(paths)
        except (KeyError, ValueError, TypeError, RuntimeError, OSError, AttributeError) as fault:
            raise error_in(self.path, f"the weights are damaged: {fault}") from None

    def by_class(self, paths: list[Path]) -> Iterator[tuple[KerasLayer, list[str]]]:
        """Keras 3 counts the layers of each class: `layers/conv2d_1/vars/0`."""
        known: dict[Path, str] = {(): ""}
        used: dict[tuple[Path, str], int] = {}
        for path in paths:
            *holders, entry = path
            holder = tuple(holders)
            if entry.function and not entry.kind.endswith("Lambda"):
                continue
            word = snake_case(entry.kind.rpartition(">")[2])
            number = used.get((holder, word), 0)
            used[holder, word] = number + 1
            parts = [f"{known[holder]}{name}" for name in CONTAINERS]
            container = next((part for part in parts if part in self.file), parts[0])
            known[path] = f"{container}/{word}{f'_{number}' if number else ''}/"
            yield entry, self.below(known[path].rstrip("/"))

    def below(self, place: str, depth: int = 0) -> list[str]:
        """Return the names of the arrays of a layer and of its parts."""
        found = self.hard(place)
        if found is None or depth > len(PARTS):
            return []
        if not hasattr(found, "keys"):
            return [place]
        names = list(found.keys())
        if all(name.isdigit() for name in names):
            names.sort(key=int)
        else:
            names = [part for part in PARTS if part in names]
        return [name for part in names for name in self.below(f"{place}/{part}", depth + 1)]

    def by_name(self, paths: list[Path]) -> Iterator[tuple[KerasLayer, list[str]]]:
        """Older files have a group for each layer of the outermost model, with a list of names.

        The arrays of a model within the model are all in its group: their names hold their layer's.
        """
        root = "model_weights" if "model_weights" in self.file else ""
        for path in paths:
            place = f"{root}/{path[0].name}".lstrip("/")
            group = self.hard(place)
            if group is None:
                continue
            names = [f"{place}/{name}" for name in listed(group, "weight_names")]
            if len(path) > 1:
                own, place_length = path[-1].name, len(place.split("/"))
                names = [n for n in names if own in n.split("/")[place_length:-1]]
            yield path[-1], names

    def hard(self, place: str) -> Any:
        """Return what stands at a place, None if nothing does or a link to elsewhere."""
        import h5py

        at = self.file
        for part in place.split("/"):
            if not isinstance(at, h5py.Group):
                return None
            if not isinstance(at.get(part, getlink=True), h5py.HardLink):
                return None
            at = at[part]
        return at

    def arrays(self, names: list[str]) -> list[Array]:
        """Return some arrays; raises `SpecError` for what is none, or cannot be read."""
        result = []
        for name in names:
            found = self.hard(name)
            if not hasattr(found, "dtype") or found.external or found.is_virtual:
                raise error_in(self.path, f"the weights `{name}` are not in the file")
            if found.size * found.dtype.itemsize > MOST_BYTES or found.dtype.kind not in "fiub":
                raise error_in(self.path, f"the weights `{name}` are no numbers, or too many")
            try:
                result.append(found[()])
            except (OSError, ValueError, MemoryError, RuntimeError) as fault:
                raise error_in(self.path, f"the weights `{name}` are damaged: {fault}") from None
        return result


def listed(group: Any, name: str) -> list[str]:
    """Return a list of texts that is one attribute, or several where it is long."""
    parts = [group.attrs[name]] if name in group.attrs else []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{name}{len(parts)}"])
    return [n.decode() if isinstance(n, bytes) else str(n) for part in parts for n in part]


def snake_case(name: str) -> str:
    """Return the name of a class as Keras writes it for a layer: PReLU is p_re_lu."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
