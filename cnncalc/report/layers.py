"""The layers' documentation, from their classes: nothing is written twice."""

from __future__ import annotations

from typing import Any

from cnncalc.layers import LAYERS, layer_class
from cnncalc.layers.in_words import SECTIONS
from cnncalc.layers.option import show


def layer_object(keyword: str) -> dict[str, Any]:
    """Return everything known of a layer's fields and rules."""
    fields = [
        {
            "name": name,
            "kind": spec.kind,
            "required": spec.required,
            "default": None if spec.required else spec.default,
            "wanted": spec.wanted,
            "doc": spec.doc,
        }
        for name, spec in layer_class(keyword).fields().items()
    ]
    text = layer_class(keyword).documentation()
    return {
        "name": keyword,
        "summary": text["Summary"],
        "fields": fields,
        **{label.lower(): text.get(label) for label in SECTIONS},
    }


def default_shown(spec: Any) -> str:
    """Return a field's default as it would be typed."""
    if spec.required:
        return "required"
    default = spec.default
    return f"{default:g}" if isinstance(default, float) else show(default)


def text_page(keyword: str) -> str:
    """Return a layer's page as text."""
    text = layer_class(keyword).documentation()
    lines = [keyword, "", text["Summary"], ""]
    fields = layer_class(keyword).fields()
    if fields:
        width = max(len(name) for name in fields)
        defaults = {name: default_shown(spec) for name, spec in fields.items()}
        shown = max(len(default) for default in defaults.values())
        for name, spec in fields.items():
            meaning = f"{spec.doc}: {spec.wanted}"
            lines.append(f"  {name.ljust(width)}  {defaults[name].ljust(shown)}  {meaning}")
    else:
        lines.append("  no fields")
    lines.append("")
    lines.extend(f"{(label + ':').ljust(12)}{text[label]}" for label in SECTIONS if label in text)
    lines.append("")
    lines.append("Any layer may also have name, from, repeat, share, if, trainable and dtype.")
    return "\n".join(lines)


def markdown_page(keyword: str) -> str:
    """Return a layer's page as Markdown."""
    text = layer_class(keyword).documentation()
    lines = [f"## `{keyword}`", "", text["Summary"], ""]
    fields = layer_class(keyword).fields()
    if fields:
        lines += ["| field | default | meaning |", "| :--- | :--- | :--- |"]
        for name, spec in fields.items():
            lines.append(f"| `{name}` | {default_shown(spec)} | {spec.doc}: {spec.wanted} |")
        lines.append("")
    lines += [f"* **{label}:** {text[label]}" for label in SECTIONS if label in text]
    return "\n".join([*lines, ""])


def overview() -> str:
    """Return one line per layer."""
    width = max(len(name) for name in LAYERS)
    pages = {name: layer_class(name).documentation() for name in LAYERS}
    lines = [f"{name.ljust(width)}  {page['Summary']}" for name, page in pages.items()]
    return "\n".join([*lines, "", "`cnncalc layers NAME` tells the fields and rules of one."])
