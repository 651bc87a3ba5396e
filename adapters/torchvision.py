"""torchvision: its focal loss, on PyTorch's adapter."""

import os

from conformance.adapter import EntryPoint, load_file


def focal(gamma, alpha, tier):
    """Its page has hard labels only, and -1 for no alpha."""
    loss = "focal(gamma=%s%s)" % (gamma, "" if alpha == -1 else ",alpha=%s" % alpha)
    return EntryPoint(
        "torchvision.ops.sigmoid_focal_loss",
        loss,
        "torchvision.ops.sigmoid_focal_loss(logit, label, {config})",
        config={"alpha": alpha, "gamma": gamma, "reduction": "none"},
        labels=("hard0", "hard1"),
        modes=("eager", "vmap") if tier == "full" else (),
        tier=tier,
        reductions={"mean": "elements", "sum": "1"},
    )


def sibling(file, name):
    return getattr(load_file(os.path.join(os.path.dirname(os.path.abspath(__file__)), file)), name)


class TorchVision(sibling("pytorch.py", "PyTorch")):
    name = "torchvision"
    distributions = ("torchvision", "torch")
    imports = "import torch, torchvision"
    entry_points = (
        focal(2, -1, "default"),
        focal(2, 0.25, "full"),
        focal(0, -1, "full"),
        focal(0.5, -1, "full"),
        focal(1, -1, "full"),
        focal(5, -1, "full"),
    )


ADAPTERS = [TorchVision()]
