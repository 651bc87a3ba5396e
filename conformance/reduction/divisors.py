"""What a sum is divided by: the divisors that documentations name, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from flint import fmpq

from conformance.contracts import Clause
from conformance.formats import Format, from_float64, to_float64
from conformance.reduction.samples import Sample

NAMES = ("1", "elements", "weights", "nonzero-weights", "batch")
"""The divisors there are; each element here is a batch of its own."""

WORDS = {
    "elements": "the number of elements",
    "weights": "the sum of the weights",
    "nonzero-weights": "the number of non-zero weights",
    "batch": "the size of the batch",
}

_TORCH = "https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html"
_KERAS = "https://keras.io/api/losses/probabilistic_losses/"
_TENSORFLOW = "https://www.tensorflow.org/api_docs/python/tf/compat/v1/losses/Reduction"

CLAUSES = (
    Clause(
        "torch.nn.*",
        "reduction",
        True,
        _TORCH,
        "'mean': the sum of the output will be divided by the number of elements in the output, "
        "'sum': the output will be summed.",
    ),
    Clause(
        "torchvision.*",
        "reduction",
        True,
        "https://docs.pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html",
        "'mean': The output will be averaged. 'sum': The output will be summed.",
    ),
    Clause(
        "keras.losses.*",
        "reduction",
        True,
        _KERAS,
        '"sum" sums the loss, "sum_over_batch_size" and "mean" sum the loss and divide by the sample size, and '
        '"mean_with_sample_weight" sums the loss and divides by the sum of the sample weights.',
    ),
    Clause(
        "tf.compat.v1.losses.*",
        "reduction",
        True,
        _TENSORFLOW,
        "MEAN: Scalar SUM divided by sum of weights. SUM_OVER_BATCH_SIZE: Scalar SUM divided by number of elements "
        "in losses. SUM_OVER_NONZERO_WEIGHTS: Scalar SUM divided by number of non-zero weights.",
    ),
)
"""What is documented of reductions; nobody documents an order of additions, or what a mean of nothing is."""


def divisor(name: str, sample: Sample) -> fmpq:
    """What a divisor comes to; 0 where there is nothing to divide by.

    Parameters
    ----------
    name : str
        One of ``NAMES``.
    sample : Sample
        Without weights, each weight is 1.
    """
    if name == "1":
        return fmpq(1)
    weights = [fmpq(1)] * len(sample.counts) if sample.weights is None else exact(sample.weights.tolist())
    own = {"weights": weights, "nonzero-weights": [fmpq(w != 0) for w in weights]}.get(name, [fmpq(1)] * len(weights))
    return sum((count * weight for count, weight in zip(sample.counts, own, strict=True)), fmpq(0))


def exact(values: Sequence[float]) -> list[fmpq]:
    """Floats as the rationals they are."""
    return [fmpq(*value.as_integer_ratio()) for value in values]


def others(documented: str, sample: Sample, fmt: Format) -> dict[str, fmpq | None]:
    """The divisors that are not the documented one, in words; None is an infinite one.

    Parameters
    ----------
    documented : str
    sample : Sample
    fmt : Format
        Of the result.

    Returns
    -------
    dict
        Divisors of other definitions, then the documented one rounded to the format, where that changes it.
    """
    due = divisor(documented, sample)
    found: dict[str, fmpq | None] = {}
    for name in NAMES:
        value = divisor(name, sample)
        if value not in (due, *found.values()):
            found[in_words(name, sample)] = value
    held = float(to_float64(from_float64(np.array([float(due.p) / float(due.q)]), fmt), fmt)[0])
    rounded = None if math.isinf(held) else fmpq(*held.as_integer_ratio())
    if rounded not in (due, *found.values()):
        found[f"{shown(due)} in {fmt.name}{ROUNDED}{shown(rounded)}"] = rounded
    return found


ROUNDED = ", which is "


def in_words(name: str, sample: Sample) -> str:
    """A divisor by its definition and as a number."""
    return "1" if name == "1" else f"{WORDS[name]}, {shown(divisor(name, sample))}"


def shown(value: fmpq | None) -> str:
    """A divisor as a reader writes it."""
    return "inf" if value is None else f"{float(value.p) / float(value.q):.15g}"
