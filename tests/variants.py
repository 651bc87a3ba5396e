"""The contracts that tests ask, with every variant of their constants."""

import pytest

from conformance import contracts, losses
from conformance.formats import BINARY32, FORMATS

LOSS, LOGITS, ROW = "binary_cross_entropy", "sigmoid_cross_entropy", "categorical_cross_entropy(classes=3)"
CLIP, CLAMPED = contracts.load("clip(1e-7)", LOSS), contracts.load("log_clamped(-100)", LOSS)
OTHERS = [
    contracts.load(name, loss)
    for name, loss in (
        ("epsilon(1e-7)", LOSS),
        ("clip_epsilon(1e-7)", LOSS),
        ("clip(1e-7)", f"{LOSS}(smoothing=0.1)"),
        ("clip(1e-7)", f"element_weighted_{LOSS}"),
        ("clip(1e-7)", "focal_of_probability(gamma=2,alpha=0.25)"),
        ("clip(1e-7)", "focal_of_probability(gamma=0.5)"),
        ("clip(1e-7)", ROW),
        ("clip(1e-7)", "categorical_cross_entropy(classes=2,smoothing=0.1)"),
        ("clip_then_normalise(1e-7)", ROW),
        ("clip_logits(1e-7)", LOGITS),
        ("clip_logits(1e-7)", "focal(gamma=2,alpha=0.25)"),
        ("clip_logits(1e-7)", "focal(gamma=0.5)"),
        ("log_clamped_logits(-100)", LOGITS),
        ("log_clamped_logits(-100)", f"element_weighted_{LOGITS}"),
    )
]
EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
QUANTITIES = tuple(losses.load(LOSS).QUANTITIES)
ALL = [
    (contract, quantity, fmt, kind, constants)
    for contract in (CLIP, CLAMPED, *OTHERS)
    for quantity in losses.load(contract.loss).QUANTITIES
    for fmt in (FORMATS.values() if contract in (CLIP, CLAMPED) else (BINARY32,))
    for kind, constants in contract.rules.variants(quantity, contract.constant, fmt)
]
every_variant = pytest.mark.parametrize(
    ("contract", "quantity", "fmt", "kind", "constants"),
    ALL,
    ids=[f"{c.name}-{c.loss}-{q}-{f.name}-{k}" for c, q, f, k, _ in ALL],
)
