"""Keras 3 on a backend is that backend's adapter with other entry points."""

import os

from conformance.adapter import Adapter, EntryPoint, load_file

LOGITS = "sigmoid_cross_entropy", "logit", "exact"
PROBABILITIES = "binary_cross_entropy", "probability", "clip(1e-7)"


def loss_class(from_logits):
    """The class takes a mean over the last axis, so each case is a row of one. It computes in floatx."""
    loss, argument, contract = LOGITS if from_logits else PROBABILITIES
    return EntryPoint(
        "keras.losses.BinaryCrossentropy",
        loss,
        "keras.losses.BinaryCrossentropy({config})(label[:, None], %s[:, None])" % argument,
        contract,
        {"from_logits": from_logits, "reduction": None},
        computes="binary32",
    )


def operation(from_logits):
    loss, argument, contract = LOGITS if from_logits else PROBABILITIES
    return EntryPoint(
        "keras.ops.binary_crossentropy",
        loss,
        "keras.ops.binary_crossentropy(label, %s, {config})" % argument,
        contract,
        {"from_logits": from_logits},
    )


ENTRY_POINTS = (loss_class(True), loss_class(False), operation(True), operation(False))


class NumPy(Adapter):
    """A backend without derivatives, modes or bfloat16."""

    distributions = ("numpy",)
    imports = "import numpy"
    names = {"binary16": "'float16'", "binary32": "'float32'", "binary64": "'float64'"}
    literal = "numpy.array({values}, {dtype})"

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])


def on(backend, base, **changes):
    def environ(self, dtype, device):
        chosen = {"KERAS_TORCH_DEVICE": device} if backend == "torch" else {}  # it prefers any GPU it sees
        return dict(base.environ(self, dtype, device), KERAS_BACKEND=backend, **chosen)

    return type(
        "Keras",
        (base,),
        dict(
            changes,
            name="keras[{}]".format(backend),
            distributions=("keras", *(name for name in base.distributions if name != "optax")),
            imports=base.imports.replace(", optax", "") + "\nimport keras",
            environ=environ,
            entry_points=ENTRY_POINTS,
        ),
    )()


def sibling(file, name):
    return getattr(load_file(os.path.join(os.path.dirname(os.path.abspath(__file__)), file)), name)


# On torch Keras asks torch.backends.mps.is_available(), which breaks the graph: fullgraph=True fails.
ADAPTERS = [
    on("tensorflow", sibling("tensorflow.py", "TensorFlow")),
    on("jax", sibling("jax.py", "Jax"), modes={"eager": "{f}", "jit": "jax.jit({f})"}),
    on("torch", sibling("pytorch.py", "PyTorch"), modes={"eager": "{f}", "compiled": "torch.compile({f})"}),
    on("numpy", NumPy),
]
