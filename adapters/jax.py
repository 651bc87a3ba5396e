"""JAX: optax's public loss, and the loss written from two of jax.nn's primitives."""

from conformance.adapter import Adapter, EntryPoint

SIGMOID = "sigmoid_cross_entropy"


class Jax(Adapter):
    name = "jax"
    distributions = ("jax", "jaxlib", "optax")
    imports = "import jax, optax"
    names = {
        "binary16": "jax.numpy.float16",
        "bfloat16": "jax.numpy.bfloat16",
        "binary32": "jax.numpy.float32",
        "binary64": "jax.numpy.float64",
    }
    literal = "jax.numpy.array({values}, {dtype})"
    modes = {"eager": "{f}", "jit": "jax.jit({f})", "vmap": "jax.vmap({f})", "jit-of-vmap": "jax.jit(jax.vmap({f}))"}
    derivatives = {
        "reverse": """
def {g}({args}):
    y, pull = jax.vjp(lambda {x}: {call}, {x})
    return y, pull(jax.numpy.ones_like(y))[0]
""",
        "forward": """
def {g}({args}):
    return jax.jvp(lambda {x}: {call}, ({x},), (jax.numpy.ones_like({x}),))
""",
    }
    entry_points = (
        EntryPoint(
            "optax.losses.sigmoid_binary_cross_entropy",
            SIGMOID,
            "optax.losses.sigmoid_binary_cross_entropy(logit, label)",
        ),
        # JAX has no such loss of its own: these two are compositions that people write, and their ids say so.
        EntryPoint(
            "jax.nn.softplus",
            SIGMOID,
            "jax.nn.softplus(logit) - logit * label",
            config={"composed": "softplus-minus-product"},
        ),
        EntryPoint(
            "jax.nn.log_sigmoid",
            SIGMOID,
            "-label * jax.nn.log_sigmoid(logit) - (1 - label) * jax.nn.log_sigmoid(-logit)",
            config={"composed": "weighted-log-sigmoids"},
        ),
    )

    def environ(self, dtype, device):
        # Without x64 JAX turns a binary64 input into binary32 without a word.
        x64 = {"JAX_ENABLE_X64": "1"} if dtype == "binary64" else {}
        return dict(x64, JAX_PLATFORMS=device)

    def make(self, bits, dtype):
        return self.ns["jax"].numpy.array(bits.view(self.native[dtype]))


ADAPTERS = [Jax()]
