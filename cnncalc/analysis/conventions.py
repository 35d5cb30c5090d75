"""Named conventions: how an operation count becomes one number, term by term.

A convention breaks every layer into terms (see `terms`), and its figure for the layer is their sum.
Reconciling two conventions (`cnncalc why`) uses the same terms, so a total cannot differ from its
explanation. Counts are for one sample; all conventions here grow in proportion to the batch.

The rules of other tools live in `tool_rules`, which is loaded when one of them is asked for.
"""

from __future__ import annotations

from cnncalc.analysis.terms import BIAS_ADDS, PRODUCTS
from cnncalc.diagnostics import UsageError, suggest
from cnncalc.quantities import OpCount
from cnncalc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.analysis.figures import NodeFigures
    from cnncalc.analysis.terms import Terms
    from cnncalc.layers.base import Layer
    from cnncalc.quantities import ParamSpec, Shape

#: How often the conventions of our own count a product, and whether they count anything else.
_OWN = {"default": (2, True), "macs": (1, False), "2macs": (2, False)}


class Convention(Record):
    """One way to count: `total` for a layer's figure, `terms` for what it is made of.

    `rule` is one or two sentences for a footer; `unit` is `FLOPs`, or `MACs` where a product
    added to a sum counts once.
    """

    name: str
    title: str
    rule: str
    unit: str

    def terms(
        self,
        layer: Layer,
        inputs: tuple[Shape, ...],
        output: Shape,
        params: tuple[ParamSpec, ...],
        ops: OpCount,
        seen_as: str | None = None,
    ) -> Terms:
        """Return the terms of one layer on one sample; an empty tuple where it counts nothing.

        `seen_as` tells how a reference program writes the layer, for tools that look at the
        program. Raises `LayerError` where the convention has no rule for the layer.
        """
        if self.name in _OWN:
            factor, everything = _OWN[self.name]
            rest = ops.flops - 2 * ops.macs if everything else 0
            if ops.macs:
                products = (PRODUCTS, factor, ops.macs)
                if rest != ops.adds:  # more than bias adds, as in recurrent layers
                    return (products, *layer.counted_once(inputs, output, rest))
                return (products, (BIAS_ADDS, 1, rest)) if rest else (products,)
            return layer.counted_once(inputs, output, rest) if rest else ()
        from cnncalc.analysis.tool_rules import tool_terms

        return tool_terms(self.name, layer, inputs, output, params, ops, seen_as)

    def known_terms(self, row: NodeFigures) -> Terms:
        """Return the terms of what is known of a layer: nothing, by the rules of other tools."""
        if self.name not in _OWN or isinstance(row.ops, OpCount):
            return ()
        known = row.ops.known()
        return self.terms(row.node.layer, row.inputs, row.output, row.arrays, known)

    def is_known(self, row: NodeFigures) -> bool:
        """Return whether everything is known that the convention counts of a layer."""
        if self.name not in _OWN:
            return not row.node.layer.opaque
        return (row.ops.flops if _OWN[self.name][1] else row.ops.macs) is not None

    def total(
        self,
        layer: Layer,
        inputs: tuple[Shape, ...],
        output: Shape,
        params: tuple[ParamSpec, ...],
        ops: OpCount,
        seen_as: str | None = None,
    ) -> int:
        """Return the figure for one layer on one sample: the sum over its terms."""
        if self.name == "default":
            return ops.flops  # the same sum, sooner: every summary passes here
        terms = self.terms(layer, inputs, output, params, ops, seen_as)
        return sum([factor * count for _name, factor, count in terms])


#: All conventions by name. A tool's convention reproduces the total that this version of it prints
#: for the same network in eval mode.
CONVENTIONS: dict[str, Convention] = {
    convention.name: convention
    for convention in (
        Convention(
            "default",
            "cnncalc",
            "2 per multiply-accumulate of convolutions and linear layers, and every other"
            " operation once: bias adds, normalisations, activations, pools, merges.",
            "FLOPs",
        ),
        Convention(
            "macs",
            "multiply-accumulates",
            "1 per multiply-accumulate of convolutions and linear layers; nothing else.",
            "MACs",
        ),
        Convention(
            "2macs",
            "twice the multiply-accumulates",
            "2 per multiply-accumulate of convolutions and linear layers; nothing else.",
            "FLOPs",
        ),
        Convention(
            "fvcore",
            "fvcore 0.1.5, which prints it as flops",
            "1 per product, 2 per batch-norm element, 5 per element of layer, group and instance"
            " norm, 1 per input of 2-D adaptive average pools, 1 (nearest) or 4 (bilinear) per"
            " output of 2-D upsampling; without affine 1 and 4 per element of the norms.",
            "MACs",
        ),
        Convention(
            "thop",
            "thop 0.1.1, which prints it as MACs",
            "1 per product (transposed convolutions over output positions), 4 per element of"
            " batch, layer and instance norm (2 without affine), window + 1 per output of adaptive"
            " average pools, 1 per output of average pools and per element of prelu, 3C-1 per"
            " position of softmax, 1, 5 or 11 per output of nearest, linear or bilinear"
            " upsampling.",
            "MACs",
        ),
        Convention(
            "torchinfo",
            "torchinfo 1.8.0, which prints it as mult-adds",
            "1 per product (transposed convolutions over output positions), 1 per bias add, and 1"
            " per parameter, once whatever the image size, of normalisations and prelu.",
            "MACs",
        ),
        Convention(
            "ptflops",
            "ptflops 0.7.5 with its aten backend, which prints it as Mac",
            "1 per product and 1 per bias add of convolutions and linear layers; nothing else.",
            "MACs",
        ),
        Convention(
            "ptflops_pytorch",
            "ptflops 0.7.5 with its default backend, which prints it as Mac",
            "1 per product and bias add; 2 per batch-norm element, element of ReLU, PReLU, ELU and"
            " GELU and input of a pool (once for the module, once for the function that it calls),"
            " 1 where the program calls the function itself, 1 per element of SiLU, leaky ReLU,"
            " ReLU6, softmax and layer norm.",
            "MACs",
        ),
        Convention(
            "torch",
            "torch.utils.flop_counter of PyTorch 2.13",
            "2 per product of convolutions and linear layers; nothing else, not even bias adds.",
            "FLOPs",
        ),
        Convention(
            "calflops",
            "calflops 0.3.2, its MACs",
            "1 per product of convolutions and linear layers; grouped transposed convolutions are"
            " divided by their groups twice.",
            "MACs",
        ),
        Convention(
            "darknet",
            "Darknet (pjreddie's, 2018), which prints it in 1e9 as BFLOPs",
            "2 per product of convolutions and connected layers; nothing else, and nothing for"
            " transposed convolutions.",
            "FLOPs",
        ),
    )
}


def convention(name: str) -> Convention:
    """Return the convention of that name; raises `UsageError` with the nearest name."""
    found = CONVENTIONS.get(name)
    if found is not None:
        return found
    near = suggest(name, CONVENTIONS)
    raise UsageError(
        f"there is no convention `{name}`",
        help=(f"did you mean `{near}`? " if near else "") + f"known: {', '.join(CONVENTIONS)}",
    )
