"""What each Keras layer becomes."""

from __future__ import annotations

from cnncalc.exchange.keras import activations, shapes, windows
from cnncalc.exchange.keras.use import alone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.exchange.keras.use import Rule

#: What does nothing at inference: dropout and its relatives, and what varies images in training.
IDENTITIES = (
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout",
    "GaussianDropout", "GaussianNoise", "ActivityRegularization",
)  # fmt: skip
AUGMENTATIONS = (
    "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast",
    "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomErasing",
    "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective",
    "RandomPosterization", "RandomSaturation", "RandomSharpness", "RandomShear", "RandAugment",
    "AugMix", "CutMix", "MixUp",
)  # fmt: skip

RULES: dict[str, Rule] = {
    "DepthwiseConv1D": windows.depthwise_conv, "DepthwiseConv2D": windows.depthwise_conv,
    "Dense": shapes.dense, "TimeDistributed": shapes.time_distributed,
    "BatchNormalization": activations.batch_norm, "LayerNormalization": activations.layer_norm,
    "GroupNormalization": activations.group_norm, "UnitNormalization": alone("l2_normalize"),
    "Normalization": activations.normalization, "Rescaling": activations.rescaling,
    "LayerScale": alone("scale", learned="factor"), "StochasticDepth": activations.stochastic_depth,
    "CustomScaleLayer": activations.scaled_sum,
    **activations.RULES,
    "Flatten": shapes.flatten, "Reshape": shapes.reshape, "Permute": shapes.permute,
    "RepeatVector": shapes.repeat_vector, "Embedding": shapes.embedding,
    "LSTM": shapes.lstm, "GRU": shapes.gru, "Bidirectional": shapes.bidirectional,
    "MultiHeadAttention": shapes.attention,
    "Resizing": windows.resizing, "CenterCrop": windows.center_crop,
    "RandomCrop": windows.center_crop,
    "Concatenate": shapes.concatenate, "Add": alone("add"), "Subtract": alone("subtract"),
    "Multiply": alone("multiply"), "Maximum": alone("maximum"), "Minimum": alone("minimum"),
    "Average": shapes.average, "Merge": shapes.old_merge,
    **dict.fromkeys(IDENTITIES, activations.dropout),
    **dict.fromkeys(AUGMENTATIONS, alone("identity")),
}  # fmt: skip
for _rank in (1, 2, 3):
    RULES |= {
        f"Conv{_rank}D": windows.conv,
        f"Convolution{_rank}D": windows.conv,
        f"AtrousConvolution{_rank}D": windows.conv,
        f"Conv{_rank}DTranspose": windows.conv_transpose,
        f"SeparableConv{_rank}D": windows.separable_conv,
        f"SeparableConvolution{_rank}D": windows.separable_conv,
        f"LocallyConnected{_rank}D": windows.locally_connected,
        f"MaxPooling{_rank}D": windows.pool("max_pool"),
        f"AveragePooling{_rank}D": windows.pool("avg_pool"),
        f"GlobalAveragePooling{_rank}D": windows.global_pool("global_avg_pool"),
        f"GlobalMaxPooling{_rank}D": windows.global_pool("global_max_pool"),
        f"AdaptiveAveragePooling{_rank}D": windows.adaptive_pool("adaptive_avg_pool"),
        f"AdaptiveMaxPooling{_rank}D": windows.adaptive_pool("adaptive_max_pool"),
        f"ZeroPadding{_rank}D": windows.edges("pad", "padding"),
        f"Cropping{_rank}D": windows.edges("crop", "cropping"),
        f"UpSampling{_rank}D": windows.upsampling,
    }
#: What works on each element by itself, or on all of a vector whatever their order: a flattened
#: map may pass it in another order than Keras'.
ELEMENT_BY_ELEMENT = frozenset((
    *IDENTITIES, *activations.RULES, "Dense", "Flatten", "BatchNormalization", "LayerNormalization",
    "UnitNormalization", "Rescaling", "Normalization", "LayerScale", "StochasticDepth", "Add",
    "Subtract", "Multiply", "Maximum", "Minimum", "Average",
))  # fmt: skip
