"""The mathematics itself, as the documentation's formula states it; nothing deviates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.certify import Sum
from conformance.contracts import Clause, Constants, Variants
from conformance.exact import NOTHING, Number
from conformance.formats import Format, Mask, Values

KERAS_DTYPE = Clause(
    "keras.losses.BinaryCrossentropy",
    "dtype",
    True,
    "https://keras.io/api/losses/probabilistic_losses/",
    "dtype: The dtype of the loss's computations. Defaults to `None`, which means using `keras.backend.floatx()`. "
    '`keras.backend.floatx()` is a `"float32"` unless set to different value',
)

CLAUSES = (
    Clause(
        "torch.nn.*",
        "loss",
        True,
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html",
        r"l_{n,c} = - w_{n,c} \left[ p_c y_{n,c} \cdot \log \sigma(x_{n,c})"
        r" + (1 - y_{n,c}) \cdot \log (1 - \sigma(x_{n,c})) \right]",
    ),
    Clause(
        "torch.nn.*",
        "domain",
        True,
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html",
        "Tensor of the same shape as input with values between 0 and 1",
    ),
    Clause(
        "tf.nn.sigmoid_cross_entropy_with_logits",
        "loss",
        True,
        "https://www.tensorflow.org/api_docs/python/tf/nn/sigmoid_cross_entropy_with_logits",
        "z * -log(sigmoid(x)) + (1 - z) * -log(1 - sigmoid(x))",
    ),
    Clause(
        "tf.nn.sigmoid_cross_entropy_with_logits",
        "domain",
        True,
        "https://www.tensorflow.org/api_docs/python/tf/nn/sigmoid_cross_entropy_with_logits",
        "labels: A `Tensor` of the same type and shape as `logits`. Between 0 and 1, inclusive. "
        "logits: A `Tensor` of type `float32` or `float64`. Any real number.",
    ),
    Clause(
        "tf.nn.weighted_cross_entropy_with_logits",
        "loss",
        True,
        "https://www.tensorflow.org/api_docs/python/tf/nn/weighted_cross_entropy_with_logits",
        "labels * -log(sigmoid(logits)) * pos_weight + (1 - labels) * -log(1 - sigmoid(logits))",
    ),
    Clause(
        "keras.losses.BinaryCrossentropy",
        "domain",
        True,
        "https://keras.io/api/losses/probabilistic_losses/",
        "`y_pred` (predicted value): This is the model's prediction, i.e, a single floating-point value which either "
        "represents a [logit] (i.e, value in [-inf, inf] when `from_logits=True`) or a probability (i.e, value in "
        "[0., 1.] when `from_logits=False`).",
    ),
    KERAS_DTYPE,
    Clause(
        "optax.*",
        "loss",
        True,
        "https://optax.readthedocs.io/en/latest/api/losses.html",
        "Computes element-wise sigmoid cross entropy given logits.",
    ),
    Clause(
        "jax.nn.softplus",
        "loss",
        True,
        "https://docs.jax.dev/en/latest/_autosummary/jax.nn.softplus.html",
        r"\mathrm{softplus}(x) = \log(1 + e^x)",
    ),
    Clause(
        "jax.nn.log_sigmoid",
        "loss",
        True,
        "https://docs.jax.dev/en/latest/_autosummary/jax.nn.log_sigmoid.html",
        r"\mathrm{log\_sigmoid}(x) = \log(\mathrm{sigmoid}(x)) = -\log(1 + e^{-x})",
    ),
)


def constants(text: str, fmt: Format | None) -> Constants | None:
    """None: there is no constant."""
    return None


def variants(quantity: str, text: str, target: Format) -> Variants:
    """None: the loss's own golden is the contract."""
    return ()


def value(
    quantity: str, arguments: tuple[float, ...], constants: Constants, precision: int, outer: bool
) -> tuple[Sum, Sum] | Number:
    """Nothing: the loss's own golden is the contract."""
    return NOTHING


def kinks(quantity: str, arguments: tuple[float, ...], constants: Constants) -> bool:
    """The losses are smooth."""
    return False


def definition(mp: Any, quantity: str, constants: Any, *arguments: Any) -> Any:
    """Nothing: the loss's own definition is the contract."""
    return mp.nan


def computed(quantity: str, arguments: tuple[float, ...]) -> bool:
    """Nothing."""
    return False


def raises(columns: Mapping[str, Values]) -> Mask | None:
    """Nothing is documented to raise."""
    return None
