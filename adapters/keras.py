"""Keras 3 on a backend is that backend's adapter with other entry points."""

import os
from dataclasses import replace

from conformance.adapter import Adapter, EntryPoint, load_file

LOGITS = "sigmoid_cross_entropy", "logit", "exact"
PROBABILITIES = "binary_cross_entropy", "probability", "clip(1e-7)"
FOCAL_LOGITS = "focal", "logit", "clip_logits(1e-7)"
FOCAL_PROBABILITIES = "focal_of_probability", "probability", "clip(1e-7)"
SOFTMAX = "softmax_cross_entropy", "logit", "exact"
CATEGORICAL = "categorical_cross_entropy", "probability", "clip(1e-7)"
CLIPPED_FIRST = "categorical_cross_entropy", "probability", "clip_then_normalise(1e-7)"
HARD = ("hard0", "hard1")
# By tier: a loss class computes in floatx whatever it is given, and what only a full audit runs is given that alone.
DTYPES = {"default": ("binary16", "bfloat16", "binary32", "binary64"), "full": ("binary32",)}
CONSTRUCTOR = {"float16": "binary16", "bfloat16": "bfloat16", "float64": "binary64"}
REDUCTIONS = {"sum_over_batch_size": "elements", "mean": "elements", "mean_with_sample_weight": "weights", "sum": "1"}
# A mean was no reduction once.
NO_MEAN = r"argument `reduction`\. Expected one of {((?!'mean)[^}])*}|Invalid Reduction Key:? mean"
SINCE = {
    NO_MEAN: "keras 3.7",
    "unexpected keyword argument 'dtype'": "keras 3.4",
    "import backend : openvino|with openvino backend": "keras 3.14",  # the backend is there since 3.8, without losses
}
SINCE_TENSORFLOW = {
    r"keras\.ops\b|tf\.binary": "tensorflow 2.16",
    "BinaryFocalCrossentropy": "tensorflow 2.8",
    "unexpected keyword argument 'apply_class_balancing'": "tensorflow 2.10",
}
# Keras 2 has another word for no reduction, and TensorFlow's functions.
KERAS_2 = (("reduction=None", "reduction='none'"), ("keras.ops.concatenate", "tf.concat"), ("keras.ops.", "tf."))


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
        reductions=REDUCTIONS,
        weighted="keras.losses.BinaryCrossentropy({config})(label[:, None], %s[:, None], weight)" % argument,
        constructor=CONSTRUCTOR,
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


def rows(name, loss, arguments, contract, tier, labels=(), **config):
    """Another loss class, in rows; it computes in floatx too."""
    code = "keras.losses.%s({config})(%s)" % (name, arguments)
    config = dict(config, reduction=None)
    return EntryPoint(
        "keras.losses." + name,
        loss,
        code,
        contract,
        config,
        dtypes=DTYPES[tier],
        computes="binary32",
        labels=labels,
        tier=tier,
        reductions=REDUCTIONS if tier == "default" else {},
        weighted=code[:-1] + ", weight)",
    )


def smoothed(from_logits, smoothing, tier):
    loss, argument, contract = LOGITS if from_logits else PROBABILITIES
    loss = "%s(smoothing=%s)" % (loss, smoothing)
    arguments = "label[:, None], %s[:, None]" % argument
    config = {"from_logits": from_logits, "label_smoothing": smoothing}
    return rows("BinaryCrossentropy", loss, arguments, contract, tier, **config)


def weighted(from_logits, tier):
    """The text that is executed takes the weight; the config only tells it apart."""
    loss, argument, contract = LOGITS if from_logits else PROBABILITIES
    code = "keras.losses.BinaryCrossentropy(from_logits={from_logits}, reduction={reduction})"
    config = {"from_logits": from_logits, "reduction": None, "sample_weight": "per-element"}
    return EntryPoint(
        "keras.losses.BinaryCrossentropy",
        "element_weighted_" + loss,
        code + "(label[:, None], %s[:, None], weight)" % argument,
        contract,
        config,
        dtypes=DTYPES[tier],
        computes="binary32",
        tier=tier,
    )


def function(from_logits, tier):
    """The function does not convert to floatx, and it takes the mean over rows of one."""
    loss, argument, contract = LOGITS if from_logits else PROBABILITIES
    code = "keras.losses.binary_crossentropy(label[:, None], %s[:, None], {config})" % argument
    config = {"from_logits": from_logits}
    return EntryPoint("keras.losses.binary_crossentropy", loss, code, contract, config, tier=tier)


def focal(from_logits, gamma, tier, **balancing):
    """Its page has a factor for class 1 and one for class 0: hard labels."""
    loss, argument, contract = FOCAL_LOGITS if from_logits else FOCAL_PROBABILITIES
    alpha = ",alpha=%s" % balancing["alpha"] if balancing else ""
    arguments = "label[:, None], %s[:, None]" % argument
    config = dict(balancing, from_logits=from_logits, gamma=gamma)
    return rows(
        "BinaryFocalCrossentropy", "%s(gamma=%s%s)" % (loss, gamma, alpha), arguments, contract, tier, HARD, **config
    )


def categorical(from_logits, classes, sparse, tier, probabilities=CATEGORICAL):
    """One class against others that share a logit or a probability, with its target or its index."""
    loss, argument, contract = SOFTMAX if from_logits else probabilities
    rest = "rest" if from_logits else "rest_probability"
    name = "SparseCategoricalCrossentropy" if sparse else "CategoricalCrossentropy"
    target = "keras.ops.cast(label, 'int32')" if sparse else row("1 - label", "label", "0 * label", classes)
    return EntryPoint(
        "keras.losses." + name,
        "%s(classes=%d)" % (loss, classes),
        "keras.losses.%s(from_logits={from_logits}, reduction={reduction})(%s, %s)"
        % (name, target, row(rest, argument, rest, classes)),
        contract,
        {"classes": classes, "from_logits": from_logits, "reduction": None},
        dtypes=DTYPES[tier],
        computes="binary32",
        labels=HARD if sparse else (),
        tier=tier,
        reductions=REDUCTIONS if classes == 2 else {},
        weighted="keras.losses.%s(from_logits={from_logits}, reduction={reduction})(%s, %s, weight)"
        % (name, target, row(rest, argument, rest, classes)),
    )


def row(first, second, others, classes):
    if classes <= 3:
        return "keras.ops.stack([%s], -1)" % ", ".join([first, second, others][:classes])
    pair = "keras.ops.stack([%s, %s], -1)" % (first, second)
    return "keras.ops.concatenate([%s, keras.ops.repeat((%s)[:, None], %d, -1)], -1)" % (pair, others, classes - 2)


def composed(sigmoid, tier):
    """Sigmoid, then the loss of a probability, as people write it. Its exact value is the loss of the logit."""
    return EntryPoint(
        "keras.ops.binary_crossentropy",
        "sigmoid_cross_entropy",
        "keras.ops.binary_crossentropy(label, %s(logit))" % sigmoid,
        "clip_logits(1e-7)",
        {"composed": "after-" + sigmoid},
        tier=tier,
    )


def legacy(from_logits):
    """Where TensorFlow's own namespace still has it; its docstring is "DEPRECATED."."""
    loss, argument, contract = LOGITS if from_logits else ("binary_cross_entropy", "probability", "clip_epsilon(1e-7)")
    code = "tf.keras.backend.binary_crossentropy(label, %s, from_logits={from_logits})" % argument
    config = {"from_logits": from_logits, "namespace": "legacy"}
    return EntryPoint("tf.keras.backend.binary_crossentropy", loss, code, contract, config, tier="full")


def entry_points(sparse_probabilities=CATEGORICAL):
    both, classes = (True, False), (2, 3, 1000)
    return (
        loss_class(True),
        loss_class(False),
        operation(True),
        operation(False),
        composed("keras.ops.sigmoid", "default"),
        smoothed(True, 0.1, "default"),
        focal(True, 2, "default"),
        focal(False, 2, "default"),
        categorical(True, 2, False, "default"),
        categorical(False, 2, False, "default"),
        function(True, "full"),
        function(False, "full"),
        weighted(True, "full"),
        weighted(False, "full"),
        smoothed(True, 1, "full"),
        smoothed(False, 0.1, "full"),
        smoothed(False, 1, "full"),
        focal(True, 2, "full", apply_class_balancing=True, alpha=0.25),
        focal(False, 2, "full", apply_class_balancing=True, alpha=0.25),
        *(focal(from_logits, gamma, "full") for from_logits in both for gamma in (0, 0.5, 1, 5)),
        *(categorical(from_logits, n, False, "full") for from_logits in both for n in classes[1:]),
        *(categorical(True, n, True, "full") for n in classes),
        *(categorical(False, n, True, "full", sparse_probabilities) for n in classes),
    )


def sibling(file, name):
    return getattr(load_file(os.path.join(os.path.dirname(os.path.abspath(__file__)), file)), name)


class NumPy(Adapter):
    """A backend without derivatives, modes or bfloat16."""

    distributions = ("numpy",)
    imports = "import numpy"
    names = {"binary16": "'float16'", "binary32": "'float32'", "binary64": "'float64'"}
    literal = "numpy.array({values}, {dtype})"
    others = {name: "'%s'" % name for name in ("int32", "int64", "uint8", "bool")}
    cast = "{x}.astype({dtype})"
    reshape = "{x}.reshape({shape})"
    layouts = {
        "strided": "numpy.stack([{x}, {x}], -1)[..., 0]",
        "offset": "numpy.concatenate([{x}[:1], {x}])[1:]",
        "transposed": "{x}.T.copy().T",
        "reversed": "{x}[::-1].copy()[::-1]",
    }

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])


class OpenVINO(NumPy):
    """Its tensors are made of NumPy's arrays, and a loss is computed when it is converted back."""

    distributions = ("openvino",)
    per_shape = ("eager",)  # each operation is a model of its own
    show = "[float(v).hex() for v in keras.ops.convert_to_numpy({y}).ravel()]"

    def read(self, y):
        return super().read(self.ns["keras"].ops.convert_to_numpy(y))


TENSORFLOW = sibling("tensorflow.py", "TensorFlow")


class TensorFlow(TENSORFLOW):
    """Up to 2.15 it brings Keras 2 as tf.keras: the same losses, by the same names."""

    substitutes = ()
    since = dict(TENSORFLOW.since, **SINCE_TENSORFLOW)

    def load(self, device="cpu"):
        try:
            from keras import ops  # noqa: F401
        except ImportError:
            self.imports = self.imports.replace("import keras", "keras = tf.keras")
            self.substitutes = KERAS_2
        super().load(device)

    def program(self, entry, arguments, steps, mode):
        text = super().program(entry, arguments, steps, mode)
        for ours, theirs in self.substitutes:
            text = text.replace(ours, theirs)
        return text


def on(backend, base, entries=None, variants=(), **changes):
    """Keras' adapter on a backend, with its entry points, and some modes for what only a full audit runs.

    Further routes of differentiation are the backend's own, and are measured there.
    """

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
            further="full",  # the default tier has the binary cross-entropies, and 90 seconds
            imports=base.imports.replace(", optax", "") + "\nimport keras",
            environ=environ,
            derivatives={kind: base.derivatives[kind] for kind in ("reverse", "forward") if kind in base.derivatives},
            unsupported=base.unsupported + "|" + NO_MEAN,
            since=dict({text: first for text, first in base.since.items() if "optax" not in first}, **SINCE),
            entry_points=tuple(
                replace(e, modes=variants) if e.tier == "full" and not e.modes else e for e in entries or entry_points()
            ),
        ),
    )()


# On torch Keras asks torch.backends.mps.is_available(), which breaks the graph: fullgraph=True fails.
ADAPTERS = [
    on(
        "tensorflow",
        TensorFlow,
        # In graph mode Keras recognises a tf.sigmoid and goes back to its logit.
        (
            *entry_points(CLIPPED_FIRST),
            replace(composed("tf.sigmoid", "full"), modes=tuple(TensorFlow.modes)),
            legacy(True),
            legacy(False),
        ),
        ("eager", "xla"),
    ),
    on("jax", sibling("jax.py", "Jax"), modes={"eager": "{f}", "jit": "jax.jit({f})"}),
    on(
        "torch",
        sibling("pytorch.py", "PyTorch"),
        variants=("eager",),
        modes={"eager": "{f}", "compiled": "torch.compile({f})"},
    ),
    on("numpy", NumPy),
    on("openvino", OpenVINO),
]
