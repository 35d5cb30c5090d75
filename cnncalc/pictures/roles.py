"""What kind of layer a box shows."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cnncalc.layers.base import Layer

TABLE = {
    "conv": "weighted", "conv_transpose": "weighted", "locally_connected": "weighted", "linear": "weighted", "rbf":"weighted",
    "max_pool": "pool", "min_pool":"pool","avg_pool":"pool","lp_pool":"pool","subsample":"pool","global_avg_pool":"pool","global_max_pool":"pool","adaptive_avg_pool":"pool","adaptive_max_pool":"pool",
    "flatten":"rearrange","channel_shuffle":"rearrange","slice":"rearrange","identity":"rearrange",
    "pad":"sampling","crop":"sampling","upsample":"sampling",
    "batch_norm":"norm","local_response_norm":"norm","layer_norm":"norm","group_norm":"norm","instance_norm":"norm",
    "add":"merge","multiply":"merge","concat":"merge","dropout":"regularisation","stochastic_depth":"regularisation","layer_scale":"norm","input":"input",
}  # fmt: skip


def role_of(layer: Layer) -> str:
    return TABLE.get(layer.keyword, "activation")


def acts_in_place(layer: Layer) -> bool:
    return role_of(layer) in ("activation", "norm", "regularisation")
