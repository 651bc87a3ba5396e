"""TensorFlow: the pages have a section "Raises"."""

from conformance.behaviour.promises import ACCEPTS, EVERY, EXCLUDES, RAISES, RETURNS, Form, Promise

_PAGE = "https://www.tensorflow.org/api_docs/python/tf/"
_SIGMOID = "tf.nn.sigmoid_cross_entropy_with_logits"
_WEIGHTED = "tf.nn.weighted_cross_entropy_with_logits"
_SOFTMAX = "tf.nn.softmax_cross_entropy_with_logits"
_SPARSE = "tf.nn.sparse_softmax_cross_entropy_with_logits"
_V1 = "tf.compat.v1.losses.sigmoid_cross_entropy"
_LOG = "tf.compat.v1.losses.log_loss"


def _page(path: str) -> str:
    return _PAGE + path.removeprefix("tf.").replace(".", "/")


FORMS = (
    Form(_SOFTMAX, _SOFTMAX + "(labels=label, logits=prediction)", "distributions"),
    Form(_SPARSE, _SPARSE + "(labels=label, logits=prediction)", "indices"),
)

_BOTH = tuple(
    promise
    for path, labels, result in (
        (
            _SIGMOID,
            "labels: A `Tensor` of the same type and shape as `logits`. Between 0 and 1, inclusive.",
            "A `Tensor` of the same shape as `logits` with the componentwise logistic losses.",
        ),
        (
            _WEIGHTED,
            "labels: A `Tensor` of the same type and shape as `logits`, with values between 0 and 1 inclusive.",
            "A `Tensor` of the same shape as `logits` with the componentwise weighted logistic losses.",
        ),
    )
    for promise in (
        Promise(
            path,
            ("unequal.*",),
            RAISES,
            _page(path),
            "ValueError: If `logits` and `labels` do not have the same shape.",
            errors=("ValueError",),
        ),
        Promise(
            path,
            ("dtypes.*", "labels.*", "gradient.dtypes.*", "gradient.labels.*"),
            EXCLUDES,
            _page(path),
            "`logits` and `labels` must have the same type and shape.",
        ),
        Promise(path, ("prediction.*",), EXCLUDES, _page(path), "logits: A `Tensor` of type `float32` or `float64`"),
        Promise(path, ("domain.labels-*",), EXCLUDES, _page(path), labels),
        Promise(path, ("shape.*", "layout.*"), ACCEPTS, _page(path), result),
        Promise(path, EVERY, RETURNS, _page(path), result, shape="prediction"),
    )
)

_POSITIVE = (
    "pos_weight: A coefficient to use on the positive examples, typically a scalar but otherwise broadcastable to the "
    "shape of `logits`."
)

PROMISES = (
    *_BOTH,
    Promise(
        _WEIGHTED,
        tuple(f"pos_weight.{shape}" for shape in ("alike", "scalar", "one", "of-columns", "of-rows")),
        ACCEPTS,
        _page(_WEIGHTED),
        _POSITIVE,
    ),
    Promise(_WEIGHTED, ("pos_weight.*",), EXCLUDES, _page(_WEIGHTED), _POSITIVE),
    Promise(
        _SOFTMAX,
        ("dtypes.*", "labels.*", "prediction.*", "gradient.dtypes.*", "gradient.labels.*"),
        EXCLUDES,
        _page(_SOFTMAX),
        "`logits` and `labels` must have the same dtype (either `float16`, `float32`, or `float64`).",
    ),
    Promise(
        _SOFTMAX,
        ("shape.table", "shape.one"),
        ACCEPTS,
        _page(_SOFTMAX),
        "A common use case is to have logits and labels of shape `[batch_size, num_classes]`",
    ),
    Promise(
        _SOFTMAX,
        ("domain.labels-*",),
        EXCLUDES,
        _page(_SOFTMAX),
        "All that is required is that each row of `labels` is a valid probability distribution. If they are not, the "
        "computation of the gradient will be incorrect.",
    ),
    Promise(
        _SOFTMAX,
        ("shape.*", "domain.*"),
        RETURNS,
        _page(_SOFTMAX),
        "Its type is the same as `logits` and its shape is the same as `labels` except that it does not have the last "
        "dimension of `labels`.",
        shape="rows",
        dtype="prediction",
    ),
    Promise(
        _SPARSE,
        tuple(f"unequal.labels-{shape}" for shape in ("column", "row", "scalar", "table")),
        RAISES,
        _page(_SPARSE),
        "ValueError: If logits are scalars (need to have rank >= 1) or if the rank of the labels is not equal to the "
        "rank of the logits minus one.",
        errors=("ValueError",),
    ),
    Promise(
        _SPARSE,
        ("unequal.*",),
        EXCLUDES,
        _page(_SPARSE),
        "A common use case is to have logits of shape `[batch_size, num_classes]` and have labels of shape "
        "`[batch_size]`",
    ),
    Promise(
        _SPARSE,
        ("shape.table", "shape.one"),
        ACCEPTS,
        _page(_SPARSE),
        "A common use case is to have logits of shape `[batch_size, num_classes]` and have labels of shape "
        "`[batch_size]`",
    ),
    Promise(
        _SPARSE,
        ("labels.int32", "labels.int64"),
        ACCEPTS,
        _page(_SPARSE),
        "`labels` must have the dtype of `int32` or `int64`.",
    ),
    Promise(
        _SPARSE,
        ("labels.*", "gradient.labels.*"),
        EXCLUDES,
        _page(_SPARSE),
        "`labels` must have the dtype of `int32` or `int64`.",
    ),
    Promise(
        _SPARSE,
        ("prediction.*",),
        EXCLUDES,
        _page(_SPARSE),
        "`logits` must have the dtype of `float16`, `float32`, or `float64`",
    ),
    Promise(
        _SPARSE,
        ("domain.labels-*",),
        RAISES,
        _page(_SPARSE),
        "Each entry in `labels` must be an index in `[0, num_classes)`. Other values will raise an exception when this "
        "op is run on CPU, and return `NaN` for corresponding loss and gradient rows on GPU.",
    ),
    Promise(
        _SPARSE,
        EVERY,
        RETURNS,
        _page(_SPARSE),
        "A `Tensor` of the same shape as `labels` and of the same type as `logits` with the softmax cross entropy "
        "loss.",
        shape="labels",
        dtype="prediction",
    ),
    Promise(
        _V1,
        ("unequal.*",),
        RAISES,
        _page(_V1),
        "ValueError: If the shape of `logits` doesn't match that of `multi_class_labels`",
        errors=("ValueError",),
    ),
    Promise(
        _V1,
        ("labels.int32", "labels.int64", "shape.matrix", "shape.column", "layout.*"),
        ACCEPTS,
        _page(_V1),
        "multi_class_labels: `[batch_size, num_classes]` target integer labels in `{0, 1}`.",
    ),
    Promise(
        _V1,
        ("domain.labels-*",),
        EXCLUDES,
        _page(_V1),
        "multi_class_labels: `[batch_size, num_classes]` target integer labels in `{0, 1}`.",
    ),
    Promise(
        _V1,
        EVERY,
        RETURNS,
        _page(_V1),
        "Weighted loss `Tensor` of the same type as `logits`. If `reduction` is `NONE`, this has the same shape as "
        "`logits`; otherwise, it is scalar.",
        shape="prediction",
        dtype="prediction",
    ),
    Promise(
        _LOG,
        ("unequal.*",),
        RAISES,
        _page(_LOG),
        "ValueError: If the shape of `predictions` doesn't match that of `labels`",
        errors=("ValueError",),
    ),
    Promise(
        _LOG,
        EVERY,
        RETURNS,
        _page(_LOG),
        "Weighted loss float `Tensor`. If `reduction` is `NONE`, this has the same shape as `labels`; otherwise, it is "
        "scalar.",
        shape="labels",
    ),
)
