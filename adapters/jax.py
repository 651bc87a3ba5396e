"""JAX: optax's public loss, and the loss written from two of jax.nn's primitives."""

from conformance.adapter import Adapter, EntryPoint

L = "optax.losses."
SIGMOID = "sigmoid_cross_entropy"
HARD = ("hard0", "hard1")
MODES = {"default": (), "full": ("eager", "jit")}  # by tier: what only a full audit runs, in some modes alone
DTYPES = ("binary16", "bfloat16", "binary32", "binary64")

# The row of a softmax, one logit against classes that share another, and its targets: class 1 against class 0.
PAIR = "jax.numpy.stack([rest, logit], -1)"
ROW = {
    2: PAIR,
    3: "jax.numpy.stack([rest, logit, rest], -1)",
    1000: "jax.numpy.concatenate([" + PAIR + ", jax.numpy.repeat(rest[..., None], 998, -1)], -1)",
}
TARGET = {
    2: "jax.numpy.stack([1 - label, label], -1)",
    3: "jax.numpy.stack([1 - label, label, jax.numpy.zeros_like(label)], -1)",
    1000: "jax.numpy.concatenate([jax.numpy.stack([1 - label, label], -1), "
    + "jax.numpy.zeros(label.shape + (998,), label.dtype)], -1)",
}


def focal(gamma, alpha, tier):
    loss = "focal(gamma=%s%s)" % (gamma, "" if alpha is None else ",alpha=%s" % alpha)
    config = {"alpha": alpha, "gamma": gamma}
    return EntryPoint(
        L + "sigmoid_focal_loss",
        loss,
        L + "sigmoid_focal_loss(logit, label, {config})",
        config=config,
        modes=MODES[tier],
        tier=tier,
    )


def softmax(name, classes, tier):
    return EntryPoint(
        L + name,
        "softmax_cross_entropy(classes=%d)" % classes,
        L + name + "(%s, %s)" % (ROW[classes], TARGET[classes]),
        config={"classes": classes},
        dtypes=DTYPES if classes < 1000 else ("binary16", "binary32"),
        modes=MODES[tier],
        tier=tier,
    )


def integer_softmax(classes, tier):
    name = "softmax_cross_entropy_with_integer_labels"
    return EntryPoint(
        L + name,
        "softmax_cross_entropy(classes=%d)" % classes,
        L + name + "(%s, label.astype('int32'))" % ROW[classes],
        config={"classes": classes},
        dtypes=DTYPES if classes < 1000 else ("binary16", "binary32"),
        modes=MODES[tier],
        labels=HARD,
        tier=tier,
    )


class Jax(Adapter):
    name = "jax"
    distributions = ("jax", "jaxlib", "optax")
    further = "full"  # the default tier has the binary cross-entropies, and 90 seconds
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
        # The same rules, split into a constant and a linear part first.
        "forward-linearize": """
def {g}({args}):
    y, push = jax.linearize(lambda {x}: {call}, {x})
    return y, push(jax.numpy.ones_like({x}))
""",
    }
    since = {
        r"optax\.losses\.sigmoid_focal_loss": "optax 0.1.8",
        r"optax\.losses\.safe_softmax_cross_entropy": "optax 0.2.3",
    }
    others = {
        "int32": "jax.numpy.int32",
        "int64": "jax.numpy.int64",
        "uint8": "jax.numpy.uint8",
        "bool": "jax.numpy.bool_",
    }
    cast = "{x}.astype({dtype})"
    reshape = "{x}.reshape({shape})"
    one_thread = {"NPROC": "1"}  # what its pool of threads asks first; XLA_FLAGS no longer change it
    per_shape = ("jit", "eager", "vmap", "jit-of-vmap")  # eager too: each operation
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
        EntryPoint(
            "jax.nn.sigmoid",
            SIGMOID,
            "-label * jax.numpy.log(jax.nn.sigmoid(logit)) - (1 - label) * jax.numpy.log(1 - jax.nn.sigmoid(logit))",
            config={"composed": "logs-of-sigmoid"},
            tier="default",
        ),
        focal(2, None, "default"),
        focal(2, 0.25, "full"),
        focal(0, None, "full"),
        focal(0.5, None, "full"),
        focal(1, None, "full"),
        focal(5, None, "full"),
        softmax("softmax_cross_entropy", 2, "default"),
        softmax("softmax_cross_entropy", 3, "full"),
        softmax("softmax_cross_entropy", 1000, "full"),
        softmax("safe_softmax_cross_entropy", 2, "full"),
        softmax("safe_softmax_cross_entropy", 3, "full"),
        softmax("safe_softmax_cross_entropy", 1000, "full"),
        integer_softmax(2, "default"),
        integer_softmax(3, "full"),
        integer_softmax(1000, "full"),
    )

    def environ(self, dtype, device):
        # Without x64 JAX turns a binary64 input into binary32 without a word.
        x64 = {"JAX_ENABLE_X64": "1"} if dtype == "binary64" else {}
        return dict(x64, JAX_PLATFORMS=device)

    def load(self, device="cpu"):
        super().load(device)
        optax = self.ns.get("optax")
        if optax and not hasattr(optax, "losses"):  # before 0.1.8 the same functions lie in optax itself
            self.imports += "\noptax.losses = optax"

    def make(self, bits, dtype):
        return self.ns["jax"].numpy.array(bits.view(self.native[dtype]))


ADAPTERS = [Jax()]
