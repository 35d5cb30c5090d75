"""What classes and functions, and the parts of them, are called."""

from __future__ import annotations

import re

from cnncalc.exchange.source.text import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.exchange.source.blueprints import Blueprint, BlueprintStep
    from cnncalc.graph import Graph


#: What repeated parts are called; several are a sequence.
PARTS = ("unit", "block", "layer", "cell", "module", "stage", "bottleneck", "conv")


def class_name(words: str) -> str:
    """Return the name of a class: `dense_layer` becomes `DenseLayer`."""
    parts = re.split(r"[^A-Za-z0-9]+", words)
    name = "".join(part[:1].upper() + part[1:] for part in parts)
    return name if name[:1].isalpha() else f"Net{name}"


def snake_case(words: str) -> str:
    """Return the name of a function: `ResNet50` becomes `resnet50`."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").lower()
    return plain(f"net_{name}" if name[:1].isdigit() else name)


def network_title(graph: Graph) -> str:
    """Return what a network is called in texts; one without a name by its file, without folders."""
    path, dot, suffix = graph.name.rpartition(".")
    unnamed = dot and suffix in ("yaml", "yml")
    return graph.variant or (re.split(r"[/\\]", path)[-1] if unnamed else graph.name)


def network_name(graph: Graph) -> str:
    """Return what a network is called as a class: by its name, and what its variant adds."""
    title = network_title(graph.replace(variant=None))
    name = class_name(re.sub(r"\(.*?\)", "", title).replace("-", ""))
    if not graph.variant:
        return name
    rest = graph.variant
    for letter in name.lower():  # what the variant's name has beyond the network's
        rest = rest.lstrip("_-. ")
        if rest[:1].lower() != letter:
            return class_name(graph.variant)
        rest = rest[1:]
    return name + class_name(f"x{rest}")[1:]


def unique(wishes: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return names for things that wish to be called so, with a number where one is taken."""
    used = set(taken)
    result = []
    for wish in wishes:
        name, number = wish, 1
        while name in used:
            number += 1
            name = f"{wish}_{number}" if wish[-1:].isdigit() or "_" in wish else f"{wish}{number}"
        used.add(name)
        result.append(name)
    return result


def part_names(blueprint: Blueprint, reserved: Iterable[str]) -> dict[int, str]:
    """Return a name for each step of a blueprint, by its index.

    A layer that nobody named is called by what it is, with a number where there are several; two
    these distinguish parts of one name in two branches.
    """
    steps = blueprint.steps
    wishes = [wish(step) for step in steps]
    result = {}
    counts: dict[str, int] = {}
    used = set(reserved)
    for index, step in enumerate(steps):
        name = wishes[index]
        if wishes.count(name) > 1:
            lanes = [s.item.lane for s, w in zip(steps, wishes, strict=True) if w == name]
            if all(lanes) and len(set(lanes)) == len(lanes):
                name = re.sub("^branch_", "", plain(step.item.lane))
                name = plain(f"{wishes[index]}_{name}")
            elif step.item.auto or not step.item.lane:
                counts[name] = counts.get(name, 0) + 1
                name = f"{name}{counts[name]}" if not name[-1].isdigit() else (
                    f"{name}_{counts[name]}")  # fmt: skip
            else:
                name = plain(f"{name}_{step.item.lane}")
        (name,) = unique([name], used)
        used.add(name)
        result[index] = name
    return result


def wish(step: BlueprintStep) -> str:
    """Return what a step would be called if no other were called so."""
    item = step.item
    if item.run:
        return f"{plain(item.label)}s" if item.label in PARTS else plain(item.label)
    if not item.auto:
        return plain(item.label)
    if item.form is not None:
        return item.form.stem or "value"
    assert item.unit is not None
    return plain(item.unit.kind)
