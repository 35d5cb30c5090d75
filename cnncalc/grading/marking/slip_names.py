"""The one list of named slips: what feedback says of each.

Which wrong value a slip leads to is computed from the question: where a layer is believed otherwise
by `layer_slips`, where it is counted otherwise by `count_slips`, for receptive fields by
`field_slips`. A slip is alleged only where it alone explains a wrong answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Slip:
    """A recognisable slip: `says` names it, `hint` asks the question that leads out of it.

    `worth` is its own share of the points where the rubric names none (None: the rubric's share
    for all). `convention` names the other convention under which the value would be right.
    """

    name: str
    says: str
    hint: str
    worth: Fraction | None = None
    convention: str = ""


_ALL = (
    # sizes
    Slip("padding_ignored", "the padding was left out",
         "Which pixels stand around the input before the window moves?"),
    Slip("padding_once", "the padding was counted on one side only",
         "On how many sides of an axis does the padding stand?"),
    Slip("padding_twice", "the padding was counted twice on each side",
         "How often does the padding enter the formula?"),
    Slip("padding_assumed", "the size was kept as if the layer were padded",
         "Is there any padding in this layer?"),
    Slip("stride_ignored", "the stride was taken as 1", "How far does the window move each time?"),
    Slip("stride_twice", "the stride was applied twice",
         "How many times is the size divided by the stride?"),
    Slip("missing_plus_one", "the + 1 at the end of the size formula is missing",
         "Count the positions of the window: is the first one among them?"),
    Slip("ceil_for_floor", "the size was rounded up instead of down",
         "What happens to a last window that does not fit?", convention="rounding up (ceil)"),
    Slip("floor_for_ceil", "the size was rounded down instead of up",
         "What happens to a last window that fits only in part?",
         convention="rounding down (floor)"),
    Slip("dilation_ignored", "the dilation was left out",
         "How many pixels does the dilated window span?"),
    Slip("dilation_as_zeros", "the dilation was read as the number of skipped pixels",
         "How many pixels lie between two taps at this dilation?",
         convention="dilation counted as inserted zeros"),
    Slip("input_size", "another input size was used", "Which input size does the question state?"),
    Slip("input_repeated", "this belongs to the layer's input, not to its output",
         "What does this layer change about its input?", worth=ZERO),
    Slip("transposed_as_conv", "the transposed convolution was computed as an ordinary one",
         "Does this layer shrink or enlarge its input?"),
    Slip("output_padding_ignored", "the output padding was left out",
         "Which part of the output size comes from output_padding?"),
    Slip("axes_swapped", "height and width are swapped",
         "Which of the two axes comes first?", worth=ZERO),
    Slip("product_for_volume",
         "the sizes were multiplied: this is the number of values, not the shape",
         "How long is each axis by itself?", worth=ZERO),
    Slip("area_for_side", "this is an area, the side was asked for",
         "Is the side or the area asked for?"),
    # channels
    Slip("channels_kept", "the number of channels was kept",
         "How many filters are there, and what does each produce?"),
    Slip("channels_pooled", "the channels were pooled too",
         "On which axes does a pooling window move?"),
    Slip("channels_multiplied", "the filters were multiplied with the input channels",
         "Does a filter give one map, or one for each input channel?"),
    Slip("concat_as_add", "the branches were added instead of stacked",
         "What happens to the channels when branches are concatenated?"),
    Slip("add_as_concat", "the branches were stacked instead of added",
         "What happens to the channels when branches are added?"),
    # values
    Slip("kernel_flipped", "the kernel was turned around, as in the convolution of mathematics",
         "Which weight meets the first number of the window?",
         convention="convolution with a flipped kernel"),
    Slip("one_channel", "only the first channel of the input was used",
         "Over how many channels does the filter sum?"),
    # parameters
    Slip("bias_forgotten", "the biases were left out",
         "Does each filter or neuron also add a constant?"),
    Slip("bias_added", "biases were counted that are not asked for", "Do biases count here?"),
    Slip("bias_per_slice", "a bias was counted for every input channel of every filter",
         "How many biases does one filter have?"),
    Slip("one_bias", "a single bias was counted", "How many biases does the layer have?"),
    Slip("input_depth_ignored", "the depth of the input was left out",
         "Over how many input channels does one filter reach?"),
    Slip("one_filter", "this is one filter only", "How many filters does the layer have?"),
    Slip("side_for_area", "the side of the window was used instead of its area",
         "How many weights does a window have in one channel?"),
    Slip("groups_ignored", "the groups were ignored", "Which input channels does a filter read?"),
    Slip("positions_counted", "the weights were counted again at every position",
         "Does the filter change while it moves?"),
    Slip("pool_with_weights", "the pool was given weights", "Does this layer learn anything?"),
    Slip("norm_halved", "one value per channel of the batch norm was counted",
         "What does a batch norm learn for each channel?"),
    Slip("running_statistics", "the running statistics were counted as parameters",
         "Which values of the batch norm are trained?",
         worth=ZERO, convention="four values per channel of a batch norm"),
    Slip("statistics_left_out", "the running statistics were not counted",
         "How many values does a batch norm keep per channel?",
         worth=ZERO, convention="two values per channel of a batch norm"),
    Slip("flatten_forgotten", "only the channels of the flattened volume were counted",
         "How many values are there after flattening?"),
    Slip("pool_skipped", "the volume before the last pool was flattened",
         "What is the shape right before the flattening?"),
    Slip("row_left_out", "one layer was left out of the sum", "Which layers does the sum cover?"),
    # operations and memory
    Slip("mac_for_flop", "multiply-accumulates were counted, FLOPs were asked for",
         "How many FLOPs are one multiply-accumulate?",
         convention="one multiply-accumulate counted once"),
    Slip("flop_for_mac", "each multiply-accumulate was counted as two operations",
         "Does a multiply-accumulate count as one operation here, or as two?",
         convention="one multiply-accumulate counted twice"),
    Slip("other_operations", "other operations than multiply-accumulates were counted too",
         "Which operations count here?", worth=ZERO, convention="every operation counted"),
    Slip("input_positions", "the positions of the input were counted instead of the output's",
         "At how many positions does the window stop?"),
    Slip("positions_forgotten", "this counts a single position of the window",
         "At how many positions is the product formed?"),
    Slip("filters_forgotten", "this counts a single filter",
         "How many filters run over the input?"),
    Slip("depth_forgotten", "this counts a single channel",
         "How many channels does the output have?"),
    Slip("params_for_connections", "parameters were counted, connections were asked for",
         "How often is a shared weight used?"),
    Slip("values_for_bytes", "values were counted, bytes were asked for",
         "How many bytes is a value?"),
    Slip("bits_for_bytes", "bits were counted, bytes were asked for", "How many bits is a byte?"),
    Slip("other_dtype", "another size of a value was used",
         "How many bytes does a value of this type take?"),
    # receptive fields
    Slip("layer_short", "this is the receptive field of the layer before",
         "Which layers lie between the unit and the image?", worth=ZERO),
    Slip("strides_ignored", "the strides of earlier layers were ignored",
         "How far apart in the image are two neighbouring units of the layer before?"),
    Slip("stride_too_early", "the layer's own stride was used already for its own window",
         "Whose stride spreads the window: this layer's, or the ones before it?"),
    Slip("strides_added", "the strides were added up instead of multiplied",
         "How far apart in the image are two neighbouring units after two layers of stride 2?"),
    Slip("reduction_forgotten", "the whole window was added, not the window less 1",
         "How much does a window of one pixel add to the field?"),
    Slip("kernels_added", "the kernel sizes were added up",
         "By how much does each further window widen the field?"),
    Slip("kernels_multiplied", "the kernel sizes were multiplied",
         "By how much does each further window widen the field?"),
    Slip("pools_skipped", "the pools were left out", "Do pooling windows widen the field too?"),
)  # fmt: skip

SLIPS: dict[str, Slip] = {one.name: one for one in _ALL}
