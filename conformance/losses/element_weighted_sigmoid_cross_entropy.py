"""Sigmoid cross-entropy with a weight of each element: weight · loss."""

from conformance.losses import Loss, sigmoid_cross_entropy
from conformance.losses.parts.weighting import Weighted


def bind() -> Loss:
    """The loss; it has no parameters."""
    return Weighted(sigmoid_cross_entropy)
