"""Hold cnncalc to Keras' applications, built without weights: all, trainable, other parameters.

    KERAS_BACKEND=torch python benchmarks/keras_applications.py [NAME ...]

Needs `keras` with any backend. What cannot be read is shown with the reason.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from pathlib import Path

import keras
from keras import applications

import cnncalc

NAMES = (
    "VGG16", "VGG19", "ResNet50", "ResNet50V2", "ResNet101", "InceptionV3", "InceptionResNetV2",
    "Xception", "MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large", "DenseNet121",
    "NASNetMobile", "EfficientNetB0", "EfficientNetV2B0", "ConvNeXtTiny",
)  # fmt: skip


def main() -> int:
    """Compare all applications; return 1 if any figure differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    faults = 0
    for name in parser.parse_args().names:
        keras.backend.clear_session()
        try:
            model = getattr(applications, name)(weights=None)
        except ValueError as error:  # not with every backend
            print(f"{name:18} not built: {str(error)[:80]}", flush=True)
            continue
        size = "3x224x224" if None in model.input_shape[1:] else None
        trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.json"
            path.write_text(model.to_json())
            try:
                analysis = cnncalc.analyze(cnncalc.load(str(path), input=size))
            except cnncalc.SpecError as error:
                faults += 1
                print(f"{name:18} refused: {str(error).splitlines()[0]}", flush=True)
                continue
        totals = analysis.totals()
        found = (totals.params + totals.buffers, totals.params, totals.buffers)
        wanted = (model.count_params(), trainable, model.count_params() - trainable)
        faults += found != wanted
        state = "equal" if found == wanted else f"DIFFERS from {wanted}"
        print(f"{name:18} {found} MACs {totals.ops.macs:,} {state}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
