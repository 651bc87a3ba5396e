"""TensorFlow. A mode wraps the whole program, gradient tape included."""

import inspect
import os

import numpy

from conformance.adapter import Adapter, EntryPoint

V1 = "tf.compat.v1.losses."
SIGMOID = "sigmoid_cross_entropy"
HARD = ("hard0", "hard1")
MODES = {"default": (), "full": ("eager", "xla")}  # by tier: what only a full audit runs, in some modes alone
DTYPES = ("binary16", "bfloat16", "binary32", "binary64")
REDUCTIONS = {
    "weighted_sum_by_nonzero_weights": "nonzero-weights",  # the default
    "weighted_mean": "weights",
    "weighted_sum_over_batch_size": "elements",
    "weighted_sum": "1",
}

# The row of a softmax, one logit against classes that share another, and its targets: class 1 against class 0.
PAIR = "tf.stack([rest, logit], -1)"
ROW = {
    2: PAIR,
    3: "tf.stack([rest, logit, rest], -1)",
    1000: "tf.concat([" + PAIR + ", tf.tile(rest[:, None], [1, 998])], -1)",
}
TARGET = {
    2: "tf.stack([1 - label, label], -1)",
    3: "tf.stack([1 - label, label, tf.zeros_like(label)], -1)",
    1000: "tf.pad(tf.stack([1 - label, label], -1), [[0, 0], [0, 998]])",
}


def softmax(classes, tier):
    return EntryPoint(
        "tf.nn.softmax_cross_entropy_with_logits",
        "softmax_cross_entropy(classes=%d)" % classes,
        "tf.nn.softmax_cross_entropy_with_logits(labels=%s, logits=%s)" % (TARGET[classes], ROW[classes]),
        config={"classes": classes},
        dtypes=DTYPES if classes < 1000 else ("binary16", "binary32"),
        modes=MODES[tier],
        tier=tier,
    )


def sparse_softmax(classes, tier):
    return EntryPoint(
        "tf.nn.sparse_softmax_cross_entropy_with_logits",
        "softmax_cross_entropy(classes=%d)" % classes,
        "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.cast(label, tf.int32), logits=%s)" % ROW[classes],
        config={"classes": classes},
        dtypes=DTYPES if classes < 1000 else ("binary16", "binary32"),
        modes=MODES[tier],
        labels=HARD,
        tier=tier,
    )


class TensorFlow(Adapter):
    name = "tensorflow"
    distributions = ("tensorflow", "tensorflow-cpu")
    further = "full"  # the default tier has the binary cross-entropies, and 90 seconds
    imports = "import tensorflow as tf"
    names = {"binary16": "tf.float16", "bfloat16": "tf.bfloat16", "binary32": "tf.float32", "binary64": "tf.float64"}
    literal = "tf.constant({values}, {dtype})"
    show = "[float(v).hex() for v in {y}.numpy().ravel()]"
    # AutoGraph has no source file to convert here, and nothing to convert.
    modes = {
        "eager": "{f}",
        "graph": "tf.function({f}, autograph=False)",
        "xla": "tf.function({f}, autograph=False, jit_compile=True)",
    }
    derivatives = {
        "reverse": """
def {g}({args}):
    with tf.GradientTape() as tape:
        tape.watch({x})
        y = {call}
    return y, tape.gradient(y, {x})
""",
        "forward": """
def {g}({args}):
    with tf.autodiff.ForwardAccumulator({x}, tf.ones_like({x})) as tangent:
        y = {call}
    return y, tangent.jvp(y)
""",
    }
    # Found by trying releases from 1.13 on, on a CPU.
    since = {
        r"tf\.function": "tensorflow 1.14",
        "(jit|experimental)_compile": "tensorflow 1.15",
        r"tf\.autodiff": "tensorflow 2.1",
        r"tf\.bfloat16$": "tensorflow 1.14",
    }
    others = {"int32": "tf.int32", "int64": "tf.int64", "uint8": "tf.uint8", "bool": "tf.bool"}
    cast = "tf.cast({x}, {dtype})"
    reshape = "tf.reshape({x}, {shape})"
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    per_shape = ("xla", "graph")
    unsupported = "[Nn]o gradient|Gradient explicitly disabled|has no entry|No OpKernel|not find (valid )?device"
    entry_points = (
        EntryPoint(
            "tf.nn.sigmoid_cross_entropy_with_logits",
            "sigmoid_cross_entropy",
            "tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=logit)",
        ),
        EntryPoint(
            "tf.nn.weighted_cross_entropy_with_logits",
            "weighted_sigmoid_cross_entropy",
            "tf.nn.weighted_cross_entropy_with_logits(label, logit, pos_weight)",
            config={"pos_weight": "per-element"},
        ),
        EntryPoint(
            V1 + "sigmoid_cross_entropy",
            SIGMOID,
            V1 + "sigmoid_cross_entropy(label, logit, {config})",
            config={"reduction": "none"},
            labels=HARD,
            tier="full",
            reductions=REDUCTIONS,
            weighted=V1 + "sigmoid_cross_entropy(label, logit, weight, {config})",
        ),
        EntryPoint(
            V1 + "sigmoid_cross_entropy",
            SIGMOID + "(smoothing=0.1)",
            V1 + "sigmoid_cross_entropy(label, logit, {config})",
            config={"label_smoothing": 0.1, "reduction": "none"},
            labels=HARD,
            tier="default",
        ),
        EntryPoint(
            V1 + "log_loss",
            "binary_cross_entropy",
            V1 + "log_loss(label, probability, {config})",
            "epsilon(1e-7)",
            {"reduction": "none"},
            computes="binary32",
            tier="default",
            reductions=REDUCTIONS,
            weighted=V1 + "log_loss(label, probability, weight, {config})",
        ),
        softmax(2, "default"),
        softmax(3, "full"),
        softmax(1000, "full"),
        sparse_softmax(2, "default"),
        sparse_softmax(3, "full"),
        sparse_softmax(1000, "full"),
    )

    def environ(self, dtype, device):
        return {"CUDA_VISIBLE_DEVICES": "-1"} if device == "cpu" else {}  # it prefers any GPU it sees

    def load(self, device="cpu"):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # stderr is for crashes; no number depends on it
        import tensorflow as tf

        if hasattr(tf, "enable_eager_execution"):  # TensorFlow 1
            self.imports += "\ntf.enable_eager_execution()"
        super().load(device)
        if not hasattr(tf, "function"):  # 1.13 calls it defun, and has nothing like the rest
            self.modes = dict(self.modes, graph="tf.contrib.eager.defun({f}, autograph=False)")
        elif "jit_compile" not in inspect.signature(tf.function).parameters:  # before 2.5
            self.modes = dict(self.modes, xla="tf.function({f}, autograph=False, experimental_compile=True)")

    def make(self, bits, dtype):
        return self.ns["tf"].constant(bits.view(self.native[dtype].as_numpy_dtype))

    def read(self, y):
        return super().read(numpy.asarray(y.numpy(), y.dtype.as_numpy_dtype))


ADAPTERS = [TensorFlow()]
