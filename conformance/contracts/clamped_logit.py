"""Binary cross-entropy of a probability that torch.logit clamps to [eps, 1 − eps] before a loss of its logit.

The clamp that Keras makes without a word is documented here: the same function, with other clauses.
"""

from __future__ import annotations

from conformance.contracts import Clause, Constants, Variants, clip, earned
from conformance.formats import Format
from conformance.losses.binary_cross_entropy import QUANTITIES

LOSS = clip.LOSS

_PAGE = "https://docs.pytorch.org/docs/stable/special.html#torch.special.logit"
_CLAMP = "input is clamped to [eps, 1 - eps] when eps is not None."
CLAUSES = tuple(Clause("torch.*", quantity, True, _PAGE, _CLAMP) for quantity in QUANTITIES)

value, kinks, definition, computed, raises = clip.value, clip.kinks, clip.definition, clip.computed, clip.raises


def constants(text: str, fmt: Format | None) -> Constants | None:
    """(eps, 1 − eps); None where the format rounds 1 − eps to 1 or eps to 0."""
    return clip.constants(text, fmt)


def variants(quantity: str, text: str, target: Format) -> Variants:
    """Documented with the decimal constants; with rounded ones, documented but for the rounding."""
    decimal, rounded = constants(text, None), constants(text, target)
    return earned("documented", decimal) + (earned("documented-rounded", rounded) if rounded != decimal else ())
