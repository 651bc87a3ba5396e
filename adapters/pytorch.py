"""PyTorch. A mode wraps the loss, and autograd differentiates through it."""

import os

from conformance.adapter import Adapter, EntryPoint

F = "torch.nn.functional."
NN = "torch.nn."
SIGMOID = "sigmoid_cross_entropy"
WEIGHTED = "weighted_sigmoid_cross_entropy"
BINARY = "binary_cross_entropy"
CLAMPED = "log_clamped(-100)"
HARD = ("hard0", "hard1")
MODES = {"default": (), "full": ("eager", "vmap")}  # by tier: what only a full audit runs, in some modes alone
DTYPES = ("binary16", "bfloat16", "binary32", "binary64")
REDUCTIONS = {"mean": "elements", "sum": "1"}
SELECTED = {"mean": "weights", "sum": "1"}  # with class indices the weights of the targets are summed

# The row of a softmax, one logit against classes that share another, and its targets: class 1 against class 0. The
# class dimension of one element is its first, which is where vmap looks.
PAIR = "torch.stack([rest, logit], -1)"
ROW = {
    2: PAIR,
    3: "torch.stack([rest, logit, rest], -1)",
    1000: "torch.cat([" + PAIR + ", rest[..., None].expand(*rest.shape, 998)], -1)",
}
TARGET = {
    2: "torch.stack([1 - label, label], -1)",
    3: "torch.stack([1 - label, label, torch.zeros_like(label)], -1)",
    1000: F + "pad(torch.stack([1 - label, label], -1), (0, 998))",
}


def plain(path, loss, code, contract="exact"):
    """A loss as it is called without further arguments; a weight comes before the config."""
    return EntryPoint(
        path,
        loss,
        path + code,
        contract,
        {"reduction": "none"},
        reductions=REDUCTIONS,
        weighted=path + code.replace("{config}", "weight, {config}"),
    )


def softmax(classes, targets, tier):
    inputs = "%s, %s" % (ROW[classes], "label.long()" if targets == "indices" else TARGET[classes])
    return EntryPoint(
        F + "cross_entropy",
        "softmax_cross_entropy(classes=%d)" % classes,
        F + "cross_entropy(%s, reduction={reduction})" % inputs,
        config={"classes": classes, "reduction": "none", "targets": targets},
        labels=HARD if targets == "indices" else (),
        modes=MODES[tier],
        dtypes=DTYPES if classes < 1000 else ("binary16", "binary32"),
        tier=tier,
        reductions={} if classes > 2 else SELECTED if targets == "indices" else REDUCTIONS,
        weighted=F + "cross_entropy(%s, class_weight[:2], reduction={reduction})" % inputs,
    )


class PyTorch(Adapter):
    name = "pytorch"
    distributions = ("torch",)
    imports = "import torch"
    names = {
        "binary16": "torch.float16",
        "bfloat16": "torch.bfloat16",
        "binary32": "torch.float32",
        "binary64": "torch.float64",
    }
    literal = "torch.tensor({values}, dtype={dtype}, device={device!r})"
    show = "[v.hex() for v in {y}.double().reshape(-1).tolist()]"
    modes = {"eager": "{f}", "vmap": "torch.func.vmap({f})", "compiled": "torch.compile({f}, fullgraph=True)"}
    slow_modes = ("compiled",)
    per_shape = ("compiled",)
    mode_wraps = "loss"
    further = "full"  # the default tier has the binary cross-entropies, and 90 seconds
    derivatives = {
        # The clone keeps requires_grad off the caller's tensor; create_graph only where it is differentiated again,
        # because the backward under create_graph is other code than the one users run.
        "reverse": """
def {g}({args}):
    {x} = {x}.clone().requires_grad_()
    y = {call}
    return y, torch.autograd.grad(y, {x}, torch.ones_like(y), create_graph={inner})[0]
""",
        "forward": """
def {g}({args}):
    with torch.autograd.forward_ad.dual_level():
        {x} = torch.autograd.forward_ad.make_dual({x}, torch.ones_like({x}))
        return torch.autograd.forward_ad.unpack_dual({call})
""",
        # The transforms of torch.func have formulas of their own for some losses, so these are other code again.
        "reverse-func": """
def {g}({args}):
    y, pull = torch.func.vjp(lambda {x}: {call}, {x})
    return y, pull(torch.ones_like(y))[0]
""",
        "forward-func": """
def {g}({args}):
    return torch.func.jvp(lambda {x}: {call}, ({x},), (torch.ones_like({x}),))
""",
    }
    others = {"int32": "torch.int32", "int64": "torch.int64", "uint8": "torch.uint8", "bool": "torch.bool"}
    cast = "{x}.to({dtype})"
    reshape = "{x}.reshape({shape})"
    layouts = {
        "strided": "torch.stack([{x}, {x}], -1)[..., 0]",
        "offset": "torch.cat([{x}[:1], {x}])[1:]",  # off the alignment that vector loads like
        "transposed": "{x}.transpose(-2, -1).contiguous().transpose(-2, -1)",
    }
    one_thread = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    unsupported = (
        "not implemented|not differentiable|not( yet| currently)? support|donated buffers"
        r"|not have been used in the graph|No working C\+\+ compiler|Compiler: .* is not found"
        "|doesn't match the desired device"  # 1.2: a comparison of bfloat16
        "|Expected object of scalar type Long .* argument #2 'target'"  # 1.1: an index is wanted
    )
    views = True
    # Found by trying releases from 1.0 on, on a CPU, whose kernels of 16 bits came one by one. The dtype is what ends.
    since = {
        r"torch\.(func|compile)\b": "torch 2.0",
        r"Python 3\.11\+ not yet supported for torch\.compile": "torch 2.1",
        "forward_ad": "torch 1.11",  # there since 1.8, without the formulas for these losses
        "forward AD with (binary_cross_entropy|log_sigmoid_forward) ": "torch 1.12",
        "derivative for 'target'": "torch 1.10",
        "derivative for _?(thnn_)?binary_cross_entropy_backward": "torch 1.4",
        "label_smoothing": "torch 1.10",
        "multi-target not supported|scalar type Long .* argument #2 'target'": "torch 1.10",
        r"torch\.logit\b": "torch 1.7",
        r"torch\.bfloat16$": "torch 1.2",
        r"(?s)(with_logits|WithLogitsLoss|soft_margin_loss|SoftMarginLoss)\(.*torch\.bfloat16$": "torch 1.6",
        r"(?s)multilabel_soft_margin_loss\(.*torch\.bfloat16$": "torch 1.12",
        r"(?s)(binary_cross_entropy|BCELoss)\(.*torch\.bfloat16$": "torch 2.4",
        r"torch\.float16$": "torch 2.1",
        r"(?s)(\.cross_entropy|binary_cross_entropy|BCELoss)\(.*torch\.float16$": "torch 2.4",
    }
    entry_points = (
        plain(F + "binary_cross_entropy", BINARY, "(probability, label, {config})", CLAMPED),
        plain(NN + "BCELoss", BINARY, "({config})(probability, label)", CLAMPED),
        plain(F + "binary_cross_entropy_with_logits", SIGMOID, "(logit, label, {config})"),
        # torch.nn.BCEWithLogitsLoss keeps pos_weight as a buffer and passes it to this very function.
        EntryPoint(
            F + "binary_cross_entropy_with_logits",
            WEIGHTED,
            F + "binary_cross_entropy_with_logits(logit, label, reduction={reduction}, pos_weight=pos_weight)",
            config={"reduction": "none", "pos_weight": "per-element"},
        ),
        plain(NN + "BCEWithLogitsLoss", SIGMOID, "({config})(logit, label)"),
        EntryPoint(
            F + "binary_cross_entropy_with_logits",
            "element_weighted_sigmoid_cross_entropy",
            F + "binary_cross_entropy_with_logits(logit, label, weight, reduction={reduction})",
            config={"reduction": "none", "weight": "per-element"},
            tier="default",
        ),
        EntryPoint(
            F + "binary_cross_entropy",
            "element_weighted_binary_cross_entropy",
            F + "binary_cross_entropy(probability, label, weight, reduction={reduction})",
            CLAMPED,
            {"reduction": "none", "weight": "per-element"},
            modes=MODES["full"],
            tier="full",
        ),
        # Its page speaks of another shape of weight than that of the function; one dtype and mode watch it.
        EntryPoint(
            NN + "BCELoss",
            "element_weighted_binary_cross_entropy",
            NN + "BCELoss(weight, reduction={reduction})(probability, label)",
            CLAMPED,
            {"reduction": "none", "weight": "per-element"},
            dtypes=("binary32",),
            modes=("eager",),
            tier="full",
        ),
        # A composition that people write. Its exact value is the loss of the logit, its contract the clamp of P.
        EntryPoint(
            F + "binary_cross_entropy",
            SIGMOID,
            F + "binary_cross_entropy(torch.sigmoid(logit), label, reduction={reduction})",
            "log_clamped_logits(-100)",
            {"composed": "after-sigmoid", "reduction": "none"},
            tier="default",
        ),
        # The way back, for probabilities under a loss of logits: torch.logit documents its clamp. One dtype watches it.
        EntryPoint(
            F + "binary_cross_entropy_with_logits",
            BINARY,
            F + "binary_cross_entropy_with_logits(torch.logit(probability, eps={eps}), label, reduction={reduction})",
            "clamped_logit(1e-7)",
            {"composed": "after-logit", "eps": 1e-7, "reduction": "none"},
            dtypes=("binary64",),
            modes=("eager",),
            tier="default",
        ),
        # Its labels are -1 and 1, and the derivative by them is not that by 0 and 1.
        EntryPoint(
            F + "soft_margin_loss",
            SIGMOID,
            F + "soft_margin_loss(logit, 2 * label - 1, {config})",
            config={"reduction": "none"},
            labels=HARD,
            fixed=("label",),
            tier="default",
            reductions=REDUCTIONS,
        ),
        EntryPoint(
            NN + "SoftMarginLoss",
            SIGMOID,
            NN + "SoftMarginLoss({config})(logit, 2 * label - 1)",
            config={"reduction": "none"},
            labels=HARD,
            fixed=("label",),
            modes=MODES["full"],
            tier="full",
            reductions=REDUCTIONS,
        ),
        # Rows of one label: the mean over the last dimension is that of one number.
        EntryPoint(
            F + "multilabel_soft_margin_loss",
            SIGMOID,
            F + "multilabel_soft_margin_loss(logit[..., None], label[..., None], {config})",
            config={"reduction": "none"},
            labels=HARD,
            tier="default",
            reductions=REDUCTIONS,
        ),
        softmax(2, "indices", "default"),
        softmax(2, "probabilities", "default"),
        softmax(3, "indices", "full"),
        softmax(3, "probabilities", "full"),
        softmax(1000, "indices", "full"),
        softmax(1000, "probabilities", "full"),
        # (N, C, d1) is other code: a two-dimensional negative log-likelihood.
        EntryPoint(
            F + "cross_entropy",
            "softmax_cross_entropy(classes=2)",
            F + "cross_entropy(torch.stack([rest, logit], 0)[None], label.long()[None], reduction={reduction})[0]",
            config={"classes": 2, "dimensions": 3, "reduction": "none", "targets": "indices"},
            labels=HARD,
            modes=("eager",),  # mapped over elements, it has a dimension less
            tier="full",
        ),
        # Two classes, one logit 0: smoothing towards 1/2 is that of the sigmoid's loss.
        EntryPoint(
            F + "cross_entropy",
            SIGMOID + "(smoothing=0.1)",
            F
            + "cross_entropy(torch.stack([torch.zeros_like(logit), logit], -1), label.long(), reduction={reduction}, "
            + "label_smoothing={label_smoothing})",
            config={"classes": 2, "label_smoothing": 0.1, "reduction": "none", "targets": "indices"},
            labels=HARD,
            fixed=("label",),
            modes=MODES["full"],
            tier="full",
        ),
    )

    def load(self, device="cpu"):
        os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # compile here, not in a pool of processes
        super().load(device)
        try:
            self.ns["torch"].zeros(1).view(self.ns["torch"].int32)
        except TypeError:
            self.views = False  # before 1.8 only numbers of elements are a view's arguments

    def build(self, entry, text):
        # Dynamo counts recompilations and guesses dynamic shapes by file and line, and every program is line 2 of
        # "<string>": without a reset the ninth program would fall back to eager, without a word.
        torch = self.ns["torch"]
        if "torch.compile(" in text and hasattr(torch, "compiler"):
            torch.compiler.reset()
        elif "torch.compile(" in text and hasattr(torch, "compile"):  # 2.0
            import torch._dynamo

            torch._dynamo.reset()
        return super().build(entry, text)

    def make(self, bits, dtype):
        torch = self.ns["torch"]
        if dtype == "bfloat16":  # NumPy has none
            bits = bits.view("i2") if self.views else (bits.astype("u4") << 16).view("f4")
            x = torch.from_numpy(bits)
            x = x.view(torch.bfloat16) if self.views else x.to(torch.bfloat16)
        else:
            x = torch.from_numpy(bits.view("f%d" % bits.itemsize))
        return x.to(self.device)

    def read(self, y):
        torch, y = self.ns["torch"], y.detach().cpu()
        if y.dtype == self.native.get("bfloat16"):
            if not self.views:
                return (y.float().numpy().view("u4") >> 16).astype("u2"), "bfloat16"
            return y.contiguous().view(torch.int16).numpy().view("u2"), "bfloat16"
        return super().read(y.numpy())


ADAPTERS = [PyTorch()]
