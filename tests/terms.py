"""The losses written out term by term in mpmath, each term of one sign for labels in [0, 1]; for the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

from conformance import losses
from conformance.losses import Loss
from conformance.losses.categorical_cross_entropy import CategoricalCrossEntropy
from conformance.losses.focal import Focal
from conformance.losses.focal_of_probability import FocalOfProbability
from conformance.losses.parts.focusing import Focus
from conformance.losses.parts.smoothing import Smoothed
from conformance.losses.parts.weighting import Weighted
from conformance.losses.softmax_cross_entropy import SoftmaxCrossEntropy

Terms = list[Any]


def sigma(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def softplus(x: Any) -> Any:
    return mpmath.log(1 + mpmath.exp(x))


def number(value: Any) -> Any:
    """An exact rational in the working precision of the moment."""
    return mpmath.mpf(int(value.p)) / int(value.q)


def of(loss: Loss, quantity: str, *row: Any) -> Terms:
    """The terms of a quantity."""
    if isinstance(loss, Weighted):
        inner = of(loss.loss, "loss" if quantity == "d_weights" else quantity, *row[:-1])
        return inner if quantity == "d_weights" else [row[-1] * t for t in inner]
    if isinstance(loss, Smoothed):
        s, k = number(loss.smoothing), loss.ARGUMENTS.index("label")
        smooth = row[k] * (1 - s) + s / loss.classes
        inner = of(loss.loss, quantity, *row[:k], smooth, *row[k + 1 :])
        return [(1 - s) * t for t in inner] if quantity == "d_labels" else inner
    if isinstance(loss, Focal):
        return focal(loss.focus, quantity, *row)
    if isinstance(loss, FocalOfProbability):
        return focal_of_probability(loss.focus, quantity, *row)
    if isinstance(loss, SoftmaxCrossEntropy):
        return SOFTMAX[quantity](loss.classes - 1, row[0] - row[1], row[2])
    if isinstance(loss, CategoricalCrossEntropy):
        return CATEGORICAL[quantity](loss.classes - 1, *row)
    return PLAIN[str(loss.__name__).rpartition(".")[2]][quantity](*row)  # type: ignore[attr-defined]


PLAIN: dict[str, dict[str, Callable[..., Terms]]] = {
    "sigmoid_cross_entropy": {
        "loss": lambda x, y: [(1 - y) * softplus(x), y * softplus(-x)],
        "d_logits": lambda x, y: [(1 - y) * sigma(x), -y * sigma(-x)],
        "d_labels": lambda x, y: [-x],
        "d2_logits": lambda x, y: [sigma(x) * sigma(-x)],
    },
    "weighted_sigmoid_cross_entropy": {
        "loss": lambda x, y, q: [(1 - y) * softplus(x), q * y * softplus(-x)],
        "d_logits": lambda x, y, q: [(1 - y) * sigma(x), -q * y * sigma(-x)],
        "d_labels": lambda x, y, q: [q * softplus(-x), -softplus(x)],
        "d_pos_weights": lambda x, y, q: [y * softplus(-x)],
        "d2_logits": lambda x, y, q: [(1 - y) * sigma(x) * sigma(-x), q * y * sigma(x) * sigma(-x)],
    },
    "binary_cross_entropy": {
        "loss": lambda p, y: [-y * mpmath.log(p), -(1 - y) * mpmath.log(1 - p)],
        "d_probabilities": lambda p, y: [(1 - y) / (1 - p), -y / p],
        "d_labels": lambda p, y: [mpmath.log(1 - p), -mpmath.log(p)],
        "d2_probabilities": lambda p, y: [(1 - y) / (1 - p) ** 2, y / p**2],
    },
}
SOFTMAX: dict[str, Callable[..., Terms]] = {
    "loss": lambda n, d, y: [y * mpmath.log(1 + n * mpmath.exp(-d)), (1 - y) * mpmath.log(n + mpmath.exp(d))],
    "d_logits": lambda n, d, y: [(1 - y) / (1 + n * mpmath.exp(-d)), -y * n / (n + mpmath.exp(d))],
    "d2_logits": lambda n, d, y: [n * mpmath.exp(d) / (n + mpmath.exp(d)) ** 2],
}
CATEGORICAL: dict[str, Callable[..., Terms]] = {
    "loss": lambda n, p, r, y: [-y * mpmath.log(p / (p + n * r)), -(1 - y) * mpmath.log(r / (p + n * r))],
    "d_probabilities": lambda n, p, r, y: [-y * n * r / (p * (p + n * r)), (1 - y) / (p + n * r)],
}


def focal(focus: Focus, quantity: str, x: Any, y: Any) -> Terms:
    g = number(focus.gamma)
    q, b, k = y * sigma(-x) + (1 - y) * sigma(x), y * softplus(-x) + (1 - y) * softplus(x), 1 - 2 * y
    s, up, down = sigma(x) * sigma(-x), (1 - y) * sigma(x), -y * sigma(-x)
    a, parts = balance(focus, y)
    if quantity == "loss":
        return [a * q**g * b]
    if quantity == "d_logits":
        return [a * g * q ** (g - 1) * k * s * b, a * q**g * up, a * q**g * down]
    if quantity == "d_labels":
        change = a * g * q ** (g - 1) * b
        return [*(part * q**g * b for part in parts), change * sigma(-x), -change * sigma(x), -a * q**g * x]
    first = a * g * q ** (g - 1) * k * s
    second = a * g * (g - 1) * q ** (g - 2) * (k * s) ** 2 * b
    return [second, first * sigma(-x) * b, -first * sigma(x) * b, 2 * first * up, 2 * first * down, a * q**g * s]


def focal_of_probability(focus: Focus, quantity: str, p: Any, y: Any) -> Terms:
    g = number(focus.gamma)
    q, b = y * (1 - p) + (1 - y) * p, -y * mpmath.log(p) - (1 - y) * mpmath.log(1 - p)
    a, parts = balance(focus, y)
    if quantity == "loss":
        return [a * q**g * b]
    change = a * g * q ** (g - 1) * b
    if quantity == "d_probabilities":
        return [change * (1 - 2 * y), a * q**g * (1 - y) / (1 - p), -a * q**g * y / p]
    logs = [-a * q**g * mpmath.log(p), a * q**g * mpmath.log(1 - p)]
    return [*(part * q**g * b for part in parts), change * (1 - p), -change * p, *logs]


def balance(focus: Focus, y: Any) -> tuple[Any, Terms]:
    """alpha_t, and the two terms of its derivative."""
    if focus.alpha is None:
        return 1, []
    alpha = number(focus.alpha)
    return y * alpha + (1 - y) * (1 - alpha), [alpha, alpha - 1]


def every(names: list[str]) -> list[tuple[str, str]]:
    """Loss and quantity."""
    return [(name, quantity) for name in names for quantity in losses.load(name).QUANTITIES]
