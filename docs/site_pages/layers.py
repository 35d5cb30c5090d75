"""The pages of the layers, from their classes: one for each kind of layer."""

from __future__ import annotations

from pathlib import Path

from cnncalc.layers import LAYERS, layer_class
from cnncalc.layers.base import ROLES
from cnncalc.report.layers import markdown_page

HEAD = """# Layers

Every layer of the spec language, by what it does. `cnncalc layers NAME` prints the same on a
terminal, and every layer also takes the keys that [any layer may have](../spec-language.md).
"""
TITLES = {
    "weighted": "Layers with weights",
    "pool": "Pooling",
    "activation": "Activations",
    "norm": "Normalisation",
    "merge": "Merging and arithmetic",
    "rearrange": "Rearranging elements",
    "regularisation": "Regularisation",
    "sampling": "Changing the size of maps",
}


def write(folder: Path) -> None:
    """Write the pages, and one that lists all layers."""
    folder.mkdir(parents=True)
    index = [HEAD]
    kinds = {role: [k for k in LAYERS if layer_class(k).role == role] for role in ROLES}
    for role, keywords in kinds.items():
        if not keywords:
            continue
        title = TITLES.get(role, role.capitalize())
        parts = [f"# {title}\n", *[markdown_page(keyword) for keyword in keywords]]
        (folder / f"{role}.md").write_text("\n".join(parts), encoding="utf-8")
        index += [f"## {title}\n", "| layer | what it is |", "| :--- | :--- |"]
        for keyword in keywords:
            summary = layer_class(keyword).documentation()["Summary"]
            index.append(f"| [`{keyword}`]({role}.md#{keyword}) | {summary} |")
        index.append("")
    written = [role for role, keywords in kinds.items() if keywords]
    index += ["```{toctree}", ":hidden:", *written, "```", ""]
    (folder / "index.md").write_text("\n".join(index), encoding="utf-8")
