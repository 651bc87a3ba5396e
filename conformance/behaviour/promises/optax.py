"""optax, and what JAX says of gradients."""

from conformance.behaviour.promises import ACCEPTS, EXCLUDES, RETURNS, Form, Promise

_PAGE = "https://optax.readthedocs.io/en/latest/api/losses.html"
_L = "optax.losses."
_SIGMOID = _L + "sigmoid_binary_cross_entropy"
_FOCAL = _L + "sigmoid_focal_loss"
_SOFTMAX = _L + "softmax_cross_entropy"
_SAFE = _L + "safe_softmax_cross_entropy"
_INTEGER = _L + "softmax_cross_entropy_with_integer_labels"

_BROADCASTABLE = "labels: Array of labels with shape broadcastable to `logits`."

FORMS = (
    Form(_SOFTMAX, _SOFTMAX + "(prediction, label)", "distributions", (("classes", 2),)),
    Form(_SAFE, _SAFE + "(prediction, label)", "distributions", (("classes", 2),)),
    Form(_INTEGER, _INTEGER + "(prediction, label)", "indices", (("classes", 2),)),
)

PROMISES = (
    Promise(
        _L + "*",
        ("gradient.*",),
        RETURNS,
        "https://docs.jax.dev/en/latest/_autosummary/jax.grad.html",
        "If ``argnums`` is an integer then the gradient has the same shape and type as the positional argument "
        "indicated by that integer.",
        shape="prediction",
        dtype="prediction",
    ),
    Promise(
        _SIGMOID,
        ("domain.labels-*",),
        EXCLUDES,
        _PAGE,
        "labels: Binary labels whose values are {0,1} or multi-class target probabilities.",
    ),
    # Of unequal shapes the page says: "Be particularly careful if you're relying on implicit broadcasting to reshape
    # `logits` or `labels`." So it may, and no promise is made of the shape.
    Promise(
        _SIGMOID,
        ("shape.*", "dtypes.*", "labels.*", "domain.*"),
        RETURNS,
        _PAGE,
        "cross entropy for each binary prediction, same shape as `logits`.",
        shape="prediction",
    ),
    Promise(
        _FOCAL,
        ("unequal.labels-one", "unequal.labels-scalar", "unequal.labels-one-column", "unequal.labels-one-row"),
        ACCEPTS,
        _PAGE,
        _BROADCASTABLE,
    ),
    Promise(_FOCAL, ("unequal.*",), EXCLUDES, _PAGE, _BROADCASTABLE),
    Promise(
        _FOCAL, ("shape.*",), ACCEPTS, _PAGE, "logits: Array of unnormalized log probabilities, with shape `[..., ]`."
    ),
    Promise(
        _FOCAL,
        ("domain.labels-*",),
        EXCLUDES,
        _PAGE,
        "Can be: - Binary labels `{0, 1}` for binary classification - Continuous labels `[0, 1]` for soft targets or "
        "label smoothing",
    ),
    Promise(
        _FOCAL,
        ("shape.*", "unequal.*", "dtypes.*", "labels.*", "domain.*"),
        RETURNS,
        _PAGE,
        "Focal loss values with shape identical to `logits`.",
        shape="prediction",
    ),
    *(
        promise
        for path, labels, shape in (
            (
                _SOFTMAX,
                "labels: One-hot encoded labels, with shape `[batch_size, num_classes]`. Each row represents the true "
                "class distribution for a single example.",
                "Cross-entropy between each prediction and the corresponding target distributions, with shape "
                "``[batch_size]``.",
            ),
            (
                _INTEGER,
                "labels: Integers specifying the correct class for each input, with shape ``[batch_size]``. Class "
                "labels are assumed to be between 0 and ``num_classes - 1`` inclusive.",
                "Cross-entropy between each prediction and the corresponding target distributions, with shape "
                "``[batch_size]``.",
            ),
        )
        for promise in (
            Promise(path, ("shape.table", "shape.one"), ACCEPTS, _PAGE, labels),
            Promise(path, ("unequal.*", "domain.labels-*"), EXCLUDES, _PAGE, labels),
            Promise(path, ("shape.table", "shape.one", "dtypes.*", "labels.*"), RETURNS, _PAGE, shape, shape="rows"),
        )
    ),
    Promise(
        _SAFE,
        ("shape.*",),
        ACCEPTS,
        _PAGE,
        "logits: Unnormalized log probabilities, with shape `[..., num_classes]`.",
    ),
    Promise(
        _SAFE,
        ("unequal.labels-one-row", "unequal.labels-row", "unequal.labels-column"),
        ACCEPTS,
        _PAGE,
        "must have a shape broadcastable to `[..., num_classes]`",
    ),
    Promise(_SAFE, ("unequal.*",), EXCLUDES, _PAGE, "must have a shape broadcastable to `[..., num_classes]`"),
    Promise(
        _SAFE, ("domain.labels-*",), EXCLUDES, _PAGE, "labels: Valid probability distributions (non-negative, sum to 1)"
    ),
    Promise(
        _SAFE,
        ("shape.*", "unequal.*", "dtypes.*", "labels.*", "domain.*"),
        RETURNS,
        _PAGE,
        "cross entropy between each prediction and the corresponding target distributions, with shape `[...]`.",
        shape="rows",
    ),
    Promise(
        _INTEGER,
        ("labels.int*", "labels.uint8"),
        ACCEPTS,
        _PAGE,
        "labels: Integers specifying the correct class for each input",
    ),
    Promise(
        _INTEGER,
        ("labels.*", "gradient.labels.bool", "gradient.labels.float"),
        EXCLUDES,
        _PAGE,
        "labels: Integers specifying the correct class for each input",
    ),
)
