"""Runs made by hand, field by field, for tests of what comes after the measuring."""

import json
from typing import Any

from conformance.causes import Cause, Versions
from conformance.cell import Cell
from conformance.run import Run

ENTRY_POINT = "torch.nn.functional.binary_cross_entropy_with_logits"

ENVIRONMENT = {
    "cpu": "A CPU",
    "architecture": "x86_64",
    "simd": "avx512",
    "platform": "x86_64-avx512",
    "os": "Linux",
    "python": "3.11.7",
    "threads": 2,
    "variables": {"OMP_NUM_THREADS": "2"},
}

PYTORCH = {
    "name": "pytorch",
    "versions": {"torch": "2.13.0+cpu"},
    "python": "3.11.7",
    "status": "ok",
    "reason": "",
}

WITNESS = {
    "case": "x=-88.5,y=1",
    "index": 417,
    "inputs": {"logit": "-0x1.62p+6", "label": "0x1p+0"},
    "got": "0x0p+0",
    "exact": "3.6725362900000000000e-39",
    "contract": None,
    "verdict": "lost",
    "ulp": 2621440.1,
    "ulp_relative": 2621440.1,
}


def cell(**changes: Any) -> Cell:
    """A faithful cell of PyTorch's logits loss; the changes make it another one, its id follows."""
    fields: dict[str, Any] = {
        "adapter": "pytorch",
        "entry_point": ENTRY_POINT,
        "config": {"reduction": "none"},
        "loss": "sigmoid_cross_entropy",
        "mode": "eager",
        "dtype": "binary32",
        "device": "cpu",
        "quantity": "d_logits",
        "region": "saturated+",
        "label_class": "hard1",
        "method": "cases",
        "cases": 321,
        "verdicts": {"correctly-rounded": 300, "faithful": 21},
        "limit": 12.5,
        "max_ulp": 0.75,
        "max_ulp_relative": 0.75,
        "bits_digest": "0123456789abcdef",
    }
    fields.update(changes)
    config = fields["config"]
    plain = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    short = ",".join(f"{key}={plain[key]}" for key in sorted(plain)) or "-"
    parts = [fields["adapter"].replace("[", "-").replace("]", ""), fields["entry_point"], short]
    parts += [fields[key] for key in ("mode", "dtype", "device", "quantity", "region", "label_class")]
    return Cell(**{"id": "/".join(parts), **fields, "config": json.dumps(config, sort_keys=True)})


def lost(ulp: float = 2621440.1, **changes: Any) -> Cell:
    """A cell whose tail is lost."""
    verdicts = {"correctly-rounded": 300, "lost": 21}
    witness = {**WITNESS, "ulp": ulp, "ulp_relative": ulp}
    return cell(**{"verdicts": verdicts, "max_ulp": ulp, "max_ulp_relative": ulp, "worst": witness, **changes})


def not_a_number(**changes: Any) -> Cell:
    """A cell where NaN came back for a number."""
    witness = {**WITNESS, "got": "nan", "verdict": "wrong-class", "ulp": None, "ulp_relative": None}
    return cell(**{"verdicts": {"faithful": 2, "wrong-class": 1}, "worst": witness, "region": "infinite", **changes})


CAUSE = Cause(
    id="sigmoid-minus-label",
    name="pytorch",
    versions=Versions.parse("torch==2.13.*"),
    selectors=({},),
    verdicts=frozenset({"lost"}),
    cap=2.0**24,
    why="The gradient is sigmoid(x) - y, which cancels near y = 1. " * 3,
    link="https://example.org/source",
)
"""A cause of long words."""

ELSEWHERE = {**ENVIRONMENT, "cpu": "Another CPU", "platform": "x86_64-avx2", "simd": "avx2"}
"""Another machine than `ENVIRONMENT`."""


def make_run(*cells: Cell, **changes: Any) -> Run:
    """A run of these cells on one machine with PyTorch 2.13.0+cpu."""
    fields: dict[str, Any] = {
        "adapters": [PYTORCH],
        "environment": ENVIRONMENT,
        "left_out": ["slow modes (pytorch compiled): add --full"],
        "invocation": "bce-conformance audit --out results",
        "date": "2026-11-22T10:57Z",
    }
    fields.update(changes)
    return Run(cells=cells, **fields)
