"""The parser of YAML events: libyaml's, as PyYAML wraps it, or PyYAML's own in Python.

The only module that imports yaml. `import yaml` takes as long as starting Python does, because
it loads both parsers, the dumpers and all that makes objects of YAML, and compiles their regular
expressions. The extension module with libyaml's parser needs of the package only its events,
tokens, nodes and errors, so those alone are loaded; should anybody in this process want more of
`yaml`, the rest is loaded at that moment and nobody can tell the difference.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)

NEEDED = ("error", "tokens", "events", "nodes")
#: The extension wants nothing of these modules but the class of their errors.
STAGES = {
    "reader": "ReaderError",
    "scanner": "ScannerError",
    "parser": "ParserError",
    "composer": "ComposerError",
    "constructor": "ConstructorError",
    "emitter": "EmitterError",
    "serializer": "SerializerError",
    "representer": "RepresenterError",
}


def event_parser() -> tuple[Callable[[str], Any], Any]:
    """Return a class whose `get_event` gives the events of a text, and the namespace of these."""
    try:
        extension = _extension()
    except ImportError:
        return pure_event_parser()
    return extension.CParser, extension


def pure_event_parser() -> tuple[Callable[[str], Any], Any]:
    """Return the parser that PyYAML has without libyaml: the same events, 15 times slower."""
    import yaml

    return yaml.SafeLoader, yaml


def _extension() -> Any:
    if "yaml" not in sys.modules:
        try:
            return _extension_alone()
        except (ImportError, AttributeError):
            _forget()  # another PyYAML, which needs more of itself: take all of it
    from yaml import _yaml

    return _yaml


def _extension_alone() -> Any:
    from importlib import import_module
    from importlib.util import find_spec, module_from_spec

    spec = find_spec("yaml")
    if spec is None:
        raise ImportError("PyYAML is not installed")
    package = sys.modules["yaml"] = module_from_spec(spec)
    for name in NEEDED:
        import_module(f"yaml.{name}")
    for stage, error in STAGES.items():
        stand_in = ModuleType(f"yaml.{stage}")
        base = package.error.MarkedYAMLError if stage != "reader" else package.error.YAMLError
        setattr(stand_in, error, type(error, (base,), {}))
        setattr(package, stage, stand_in)
    try:
        extension = import_module("yaml._yaml")
    finally:
        for stage in STAGES:
            delattr(package, stage)
    package.__class__ = _Partial
    return extension


def _forget() -> None:
    for name in [name for name in sys.modules if name == "yaml" or name.startswith("yaml.")]:
        del sys.modules[name]


class _Partial(ModuleType):
    """The package `yaml` until somebody asks it for more than the events."""

    def __getattr__(self, name: str) -> Any:
        object.__setattr__(self, "__class__", ModuleType)
        spec: Any = self.__spec__
        spec.loader.exec_module(self)
        for stage, error in STAGES.items():
            setattr(self._yaml, error, getattr(getattr(self, stage), error))
        return getattr(self, name)
