"""Binary cross-entropy of a probability with a weight of each element: weight · loss."""

from conformance.losses import Loss, binary_cross_entropy
from conformance.losses.parts.weighting import Weighted


def bind() -> Loss:
    """The loss; it has no parameters."""
    return Weighted(binary_cross_entropy)
