"""PyTorch. A mode wraps the loss, and autograd differentiates through it."""

import os

from conformance.adapter import Adapter, EntryPoint

F = "torch.nn.functional."
NN = "torch.nn."
SIGMOID = "sigmoid_cross_entropy"
WEIGHTED = "weighted_sigmoid_cross_entropy"
BINARY = "binary_cross_entropy"
CLAMPED = "log_clamped(-100)"


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
    mode_wraps = "loss"
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
    }
    unsupported = (
        "not implemented|not differentiable|not support|not currently support|donated buffers"
        r"|not have been used in the graph|No working C\+\+ compiler|Compiler: .* is not found"
    )
    entry_points = (
        EntryPoint(
            F + "binary_cross_entropy",
            BINARY,
            F + "binary_cross_entropy(probability, label, {config})",
            CLAMPED,
            {"reduction": "none"},
        ),
        EntryPoint(
            NN + "BCELoss", BINARY, NN + "BCELoss({config})(probability, label)", CLAMPED, {"reduction": "none"}
        ),
        EntryPoint(
            F + "binary_cross_entropy_with_logits",
            SIGMOID,
            F + "binary_cross_entropy_with_logits(logit, label, {config})",
            config={"reduction": "none"},
        ),
        # torch.nn.BCEWithLogitsLoss keeps pos_weight as a buffer and passes it to this very function.
        EntryPoint(
            F + "binary_cross_entropy_with_logits",
            WEIGHTED,
            F + "binary_cross_entropy_with_logits(logit, label, reduction={reduction}, pos_weight=pos_weight)",
            config={"reduction": "none", "pos_weight": "per-element"},
        ),
        EntryPoint(
            NN + "BCEWithLogitsLoss",
            SIGMOID,
            NN + "BCEWithLogitsLoss({config})(logit, label)",
            config={"reduction": "none"},
        ),
    )

    def load(self, device="cpu"):
        os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # compile here, not in a pool of processes
        super().load(device)

    def build(self, entry, text):
        # Dynamo counts recompilations and guesses dynamic shapes by file and line, and every program is line 2 of
        # "<string>": without a reset the ninth program would fall back to eager, without a word.
        if "torch.compile(" in text:
            self.ns["torch"].compiler.reset()
        return super().build(entry, text)

    def make(self, bits, dtype):
        torch = self.ns["torch"]
        if dtype == "bfloat16":  # NumPy has none
            x = torch.from_numpy(bits.view("i2")).view(torch.bfloat16)
        else:
            x = torch.from_numpy(bits.view("f%d" % bits.itemsize))
        return x.to(self.device)

    def read(self, y):
        torch, y = self.ns["torch"], y.detach().cpu()
        if y.dtype == self.native.get("bfloat16"):
            return y.contiguous().view(torch.int16).numpy().view("u2"), "bfloat16"
        return super().read(y.numpy())


ADAPTERS = [PyTorch()]
