"""The one list of named slips: what feedback says of each, and what each makes of an answer.

Which wrong values a slip leads to is computed from the question, by one way or several: layers are
seen otherwise (`Change`), counted otherwise (`Count`), or a receptive field grows otherwise
(`FieldStep`). Slips without any are found where an answer is read, or (in the values of a map)
where it is worked out. A slip is alleged only where it alone explains an answer.
"""

from __future__ import annotations

from fractions import Fraction

from cnncalc.geometry import Field, Window, step
from cnncalc.grading.marking import slip_forms as by
from cnncalc.grading.marking.believed_network import Change, FieldStep
from cnncalc.grading.marking.slip_forms import Count
from cnncalc.layers.merge import Add, Concat
from cnncalc.layers.pool import Pool
from cnncalc.layers.reshape import Input
from cnncalc.layers.transposed import ConvTranspose
from cnncalc.layers.window import Windowed
from cnncalc.quantities import product

ZERO = Fraction(0)
BYTES = "weight_bytes activation_bytes"
SIZES = "height width size length"


class Slip:
    """A recognisable slip: `says` names it, `hint` asks the question that leads out of it.

    `worth` is its own share of the points where the rubric names none (None: the rubric's share
    for all). `convention` names the other convention under which the value would be right.
    """

    def __init__(
        self,
        name: str,
        says: str,
        hint: str,
        *ways: Change | Count | FieldStep,
        worth: Fraction | None = None,
        convention: str = "",
    ) -> None:
        self.name, self.says, self.hint, self.ways = name, says, hint, ways
        self.worth, self.convention = worth, convention


_ALL = (
    # sizes
    Slip("padding_ignored", "the padding was left out",
         "Which pixels stand around the input before the window moves?",
         by.window(by.is_padded, lambda _, w: w.replace(before=0, after=0))),
    Slip("padding_once", "the padding was counted on one side only",
         "On how many sides of an axis does the padding stand?",
         by.window(by.is_padded, lambda _, w: w.replace(after=0) if w.before else w)),
    Slip("padding_twice", "the padding was counted twice on each side",
         "How often does the padding enter the formula?",
         by.window(by.is_padded, lambda _, w: w.replace(before=2 * w.before, after=2 * w.after))),
    Slip("padding_assumed", "the size was kept as if the layer were padded",
         "Is there any padding in this layer?",
         by.window(by.is_unpadded, by.kept), by.window(by.is_unpadded, by.half)),
    Slip("stride_ignored", "the stride was taken as 1", "How far does the window move each time?",
         by.window(by.has("stride", 1, Windowed, ConvTranspose), lambda _, w: w.replace(stride=1))),
    Slip("stride_twice", "the stride was applied twice",
         "How many times is the size divided by the stride?",
         by.window(by.has("stride", 1, Windowed), lambda _, w: w.replace(stride=w.stride**2),
                   everywhere=False)),
    Slip("missing_plus_one", "the + 1 at the end of the size formula is missing",
         "Count the positions of the window: is the first one among them?",
         by.sizes(by.is_a(Windowed), lambda length: length - 1)),
    Slip("ceil_for_floor", "the size was rounded up instead of down",
         "What happens to a last window that does not fit?",
         by.window(by.rounds(up=False), lambda _, w: w, "ceil"),
         by.window(by.rounds(up=False), by.overhanging), convention="rounding up (ceil)"),
    Slip("floor_for_ceil", "the size was rounded down instead of up",
         "What happens to a last window that fits only in part?",
         by.window(by.rounds(up=True), lambda _, w: w, "floor"),
         convention="rounding down (floor)"),
    Slip("dilation_ignored", "the dilation was left out",
         "How many pixels does the dilated window span?",
         by.window(by.has("dilation", 1), lambda _, w: w.replace(dilation=1)),
         FieldStep(lambda _, field, w: step(field, w.replace(dilation=1)))),
    Slip("dilation_as_zeros", "the dilation was read as the number of skipped pixels",
         "How many pixels lie between two taps at this dilation?",
         by.window(by.has("dilation", 1),
                   lambda _, w: w.replace(dilation=w.dilation + 1) if w.dilation > 1 else w),
         convention="dilation counted as inserted zeros"),
    # what AlexNet's paper prints, and what it needs
    Slip("input_size", "another input size was used", "Which input size does the question state?",
         by.sizes(by.is_a(Input), lambda length: 224 if length == 227 else length),
         by.sizes(by.is_a(Input), lambda length: 227 if length == 224 else length)),
    Slip("input_repeated", "this belongs to the layer's input, not to its output",
         "What does this layer change about its input?",
         by.outputs(by.always, lambda at: product(at.inputs[0])),
         by.number("shape spatial channels " + SIZES,
                   lambda at: at.inputs[0] if len(at.inputs) == 1 else None),
         worth=ZERO),
    Slip("transposed_as_conv", "the transposed convolution was computed as an ordinary one",
         "Does this layer shrink or enlarge its input?",
         Change(by.is_a(ConvTranspose), output=by.as_conv)),
    Slip("output_padding_ignored", "the output padding was left out",
         "Which part of the output size comes from output_padding?",
         by.without("output_padding", 0)),
    Slip("axes_swapped", "height and width are swapped",
         "Which of the two axes comes first?", worth=ZERO),
    Slip("product_for_volume",
         "the sizes were multiplied: this is the number of values, not the shape",
         "How long is each axis by itself?", worth=ZERO),
    Slip("area_for_side", "this is an area, the side was asked for",
         "Is the side or the area asked for?",
         by.number(SIZES, lambda at: product(at.output[1:])),
         FieldStep(lambda _, field, w: (after := step(field, w)).replace(size=after.size**2),
                   everywhere=False)),
    # channels
    Slip("channels_kept", "the number of channels was kept",
         "How many filters are there, and what does each produce?",
         by.channels(by.has_filters, lambda _, inputs: inputs[0][0])),
    Slip("channels_pooled", "the channels were pooled too",
         "On which axes does a pooling window move?", by.channels(by.is_a(Pool), by.pooled)),
    Slip("channels_multiplied", "the filters were multiplied with the input channels",
         "Does a filter give one map, or one for each input channel?",
         by.channels(by.has_filters, by.multiplied)),
    Slip("concat_as_add", "the branches were added instead of stacked",
         "What happens to the channels when branches are concatenated?",
         by.channels(by.is_a(Concat), lambda _, inputs: inputs[0][0])),
    Slip("add_as_concat", "the branches were stacked instead of added",
         "What happens to the channels when branches are added?",
         by.channels(by.is_a(Add), lambda _, inputs: sum(one[0] for one in inputs))),
    # values
    Slip("kernel_flipped", "the kernel was turned around, as in the convolution of mathematics",
         "Which weight meets the first number of the window?",
         convention="convolution with a flipped kernel"),
    Slip("one_channel", "only the first channel of the input was used",
         "Over how many channels does the filter sum?"),
    # parameters
    Slip("bias_forgotten", "the biases were left out",
         "Does each filter or neuron also add a constant?", by.without("bias", False),
         by.otherwise("params weight_bytes connections", bias="apart")),
    Slip("bias_added", "biases were counted that are not asked for", "Do biases count here?",
         by.without("bias", True), by.number("weights", lambda at: at.weights + at.biases),
         by.otherwise("params weight_bytes connections", bias="counted")),
    Slip("bias_per_slice", "a bias was counted for every input channel of every filter",
         "How many biases does one filter have?",
         by.parameters(by.has_kernels, lambda at: [(at.weights, at.biases * at.depth)])),
    Slip("one_bias", "a single bias was counted", "How many biases does the layer have?",
         by.parameters(lambda at: at.weights and at.biases > 1 and at.layer.role == "weighted",
                       lambda at: [(at.weights, 1)])),
    Slip("input_depth_ignored", "the depth of the input was left out",
         "Over how many input channels does one filter reach?",
         by.parameters(by.has_kernels, lambda at: [(at.weights // at.depth, at.biases)]),
         by.operations(lambda at: (at.macs // at.depth, at.others))),
    Slip("one_filter", "this is one filter only", "How many filters does the layer have?",
         by.parameters(by.has_kernels,
                       lambda at: [(at.weights // at.filters, at.biases // at.filters)])),
    Slip("side_for_area", "the side of the window was used instead of its area",
         "How many weights does a window have in one channel?",
         by.parameters(by.has_kernels, lambda at: [(at.weights // at.side, at.biases)]),
         by.operations(lambda at: (at.macs // at.side, at.others)),
         by.outputs(lambda at: len(at.output) == 3 and at.output[1] == at.output[2],
                    lambda at: product(at.output[:2]))),
    Slip("groups_ignored", "the groups were ignored", "Which input channels does a filter read?",
         by.without("groups", 1)),
    Slip("positions_counted", "the weights were counted again at every position",
         "Does the filter change while it moves?",
         by.parameters(lambda at: by.has_kernels(at) and not at.layer.weighs_places,
                       lambda at: [(at.weights * at.positions, at.biases * at.positions),
                                   (at.weights * at.positions, at.biases)])),
    Slip("pool_with_weights", "the pool was given weights", "Does this layer learn anything?",
         by.parameters(lambda at: isinstance(at.layer, Pool),
                       lambda at: [(at.taps * slices, biases) for biases in (0, at.filters)
                                   for slices in (at.filters, 1, at.filters**2)])),
    Slip("norm_halved", "one value per channel of the batch norm was counted",
         "What does a batch norm learn for each channel?",
         by.parameters(lambda at: at.layer.role == "norm", lambda at: [(at.weights, 0)])),
    Slip("running_statistics", "the running statistics were counted as parameters",
         "Which values of the batch norm are trained?",
         by.otherwise("params weight_bytes", batch_norm=4),
         worth=ZERO, convention="four values per channel of a batch norm"),
    Slip("statistics_left_out", "the running statistics were not counted",
         "How many values does a batch norm keep per channel?",
         by.otherwise("params weight_bytes", batch_norm=2),
         worth=ZERO, convention="two values per channel of a batch norm"),
    Slip("flatten_forgotten", "only the channels of the flattened volume were counted",
         "How many values are there after flattening?",
         by.parameters(lambda at: at.flattened,
                       lambda at: [(at.flattened[0] * at.filters, at.biases)])),
    Slip("pool_skipped", "the volume before the last pool was flattened",
         "What is the shape right before the flattening?",
         by.parameters(lambda at: at.unpooled,
                       lambda at: [(product(at.unpooled) * at.filters, at.biases)])),
    Slip("row_left_out", "one layer was left out of the sum", "Which layers does the sum cover?"),
    # operations and memory
    Slip("mac_for_flop", "multiply-accumulates were counted, FLOPs were asked for",
         "How many FLOPs are one multiply-accumulate?", by.otherwise("flops", flops="macs"),
         convention="one multiply-accumulate counted once"),
    Slip("flop_for_mac", "each multiply-accumulate was counted as two operations",
         "Does a multiply-accumulate count as one operation here, or as two?",
         by.number("macs flops", lambda at: 2 * at.macs if at.factor == 1 else None),
         convention="one multiply-accumulate counted twice"),
    Slip("other_operations", "other operations than multiply-accumulates were counted too",
         "Which operations count here?", by.number("macs", lambda at: at.macs + at.adds),
         by.otherwise("flops", flops="default"),
         worth=ZERO, convention="every operation counted"),
    Slip("input_positions", "the positions of the input were counted instead of the output's",
         "At how many positions does the window stop?",
         by.number("macs flops connections", by.input_positions)),
    Slip("positions_forgotten", "this counts a single position of the window",
         "At how many positions is the product formed?",
         by.operations(lambda at: (at.macs // at.positions, at.others // at.positions),
                       "macs flops")),  # of connections it is the number of parameters
    Slip("filters_forgotten", "this counts a single filter",
         "How many filters run over the input?",
         by.operations(lambda at: (at.macs // at.filters, at.others // at.filters))),
    Slip("depth_forgotten", "this counts a single channel",
         "How many channels does the output have?", by.outputs(by.always, lambda at: at.positions)),
    Slip("params_for_connections", "parameters were counted, connections were asked for",
         "How often is a shared weight used?",
         by.number("connections", lambda at: at.weights + at.biases)),
    Slip("values_for_bytes", "values were counted, bytes were asked for",
         "How many bytes is a value?", by.number(BYTES, lambda at: at.value // at.unit)),
    Slip("bits_for_bytes", "bits were counted, bytes were asked for", "How many bits is a byte?",
         by.number(BYTES, lambda at: at.value * 8)),
    Slip("other_dtype", "another size of a value was used",
         "How many bytes does a value of this type take?",
         by.number(BYTES, lambda at: at.value // at.unit * 2),
         by.number(BYTES, lambda at: at.value // at.unit * 4),
         by.number(BYTES, lambda at: at.value // at.unit * 8)),
    # receptive fields
    Slip("layer_short", "this is the receptive field of the layer before",
         "Which layers lie between the unit and the image?",
         FieldStep(lambda _, field, w: step(field, w).replace(size=field.size),
                   everywhere=False, later=True), worth=ZERO),
    Slip("strides_ignored", "the strides of earlier layers were ignored",
         "How far apart in the image are two neighbouring units of the layer before?",
         FieldStep(lambda _, field, w: step(field, w.replace(stride=1)))),
    Slip("stride_too_early", "the layer's own stride was used already for its own window",
         "Whose stride spreads the window: this layer's, or the ones before it?",
         FieldStep(lambda _, field, w: step(field.replace(jump=field.jump * w.stride),
                                            w.replace(stride=1)))),
    Slip("strides_added", "the strides were added up instead of multiplied",
         "How far apart in the image are two neighbouring units after two layers of stride 2?",
         FieldStep(lambda _, field, w: Field(field.size + (w.extent - 1) * max(1, field.jump),
                                             field.jump + w.stride), Field(1, 0))),
    Slip("reduction_forgotten", "the whole window was added, not the window less 1",
         "How much does a window of one pixel add to the field?",
         FieldStep(lambda _, field, w: step(field.replace(size=field.size + field.jump), w))),
    Slip("kernels_added", "the kernel sizes were added up",
         "By how much does each further window widen the field?",
         FieldStep(lambda _, field, w: Field(field.size + w.kernel), Field(0), alone=False,
                   later=True)),
    Slip("kernels_multiplied", "the kernel sizes were multiplied",
         "By how much does each further window widen the field?",
         FieldStep(lambda _, field, w: Field(field.size * w.kernel), alone=False, later=True)),
    Slip("pools_skipped", "the pools were left out", "Do pooling windows widen the field too?",
         FieldStep(lambda layer, field, w: field if isinstance(layer, Pool) else step(field, w),
                   alone=False),
         FieldStep(lambda layer, field, w: step(
             field, Window(1, w.stride) if isinstance(layer, Pool) else w), alone=False)),
)  # fmt: skip

SLIPS: dict[str, Slip] = {one.name: one for one in _ALL}
