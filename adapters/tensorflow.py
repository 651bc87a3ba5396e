"""TensorFlow. A mode wraps the whole program, gradient tape included."""

import inspect
import os

import numpy

from conformance.adapter import Adapter, EntryPoint


class TensorFlow(Adapter):
    name = "tensorflow"
    distributions = ("tensorflow", "tensorflow-cpu")
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
    )

    def environ(self, dtype, device):
        return {"CUDA_VISIBLE_DEVICES": "-1"} if device == "cpu" else {}  # it prefers any GPU it sees

    def load(self, device="cpu"):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # stderr is for crashes; no number depends on it
        import tensorflow as tf

        if hasattr(tf, "enable_eager_execution"):  # TensorFlow 1
            self.imports += "\ntf.enable_eager_execution()"
        super().load(device)
        if not hasattr(tf, "function"):  # 1.13 calls it defun
            self.modes = {"eager": "{f}", "graph": "tf.contrib.eager.defun({f}, autograph=False)"}
        elif "jit_compile" not in inspect.signature(tf.function).parameters:  # before 2.5
            self.modes = dict(self.modes, xla="tf.function({f}, autograph=False, experimental_compile=True)")

    def make(self, bits, dtype):
        return self.ns["tf"].constant(bits.view(self.native[dtype].as_numpy_dtype))

    def read(self, y):
        return super().read(numpy.asarray(y.numpy(), y.dtype.as_numpy_dtype))


ADAPTERS = [TensorFlow()]
