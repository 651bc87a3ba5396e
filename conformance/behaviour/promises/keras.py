"""Keras 3: the classes compute in floatx; shapes are documented by the functions that they wrap.

``keras.ops.binary_crossentropy`` is documented to return an "Integer tensor", with an example that shows float32. The
example is right, and no promise is made of the other.
"""

from conformance.behaviour.promises import ACCEPTS, EVERY, EXCLUDES, RETURNS, Form, Promise

_CLASSES = "https://keras.io/api/losses/probabilistic_losses/"
_OPS = "https://keras.io/api/ops/nn/"
_BINARY = "keras.losses.Binary*Crossentropy"
_CATEGORICAL = "keras.losses.CategoricalCrossentropy"
_SPARSE = "keras.losses.SparseCategoricalCrossentropy"
_FUNCTION = "keras.losses.binary_crossentropy"
_OP = "keras.ops.binary_crossentropy"

_DTYPE = (
    "dtype: The dtype of the loss's computations. Defaults to `None`, which means using `keras.backend.floatx()`. "
    '`keras.backend.floatx()` is a `"float32"` unless set to different value'
)
_REDUCTION = (
    'Supported options are `"sum"`, `"sum_over_batch_size"`, `"mean"`, `"mean_with_sample_weight"` or `None`. '
    '[...] `"none"` and `None` perform no aggregation.'
)

FORMS = tuple(
    Form(
        path,
        path + "(from_logits={from_logits}, reduction={reduction}{more})(label, prediction)",
        targets,
        (("classes", 2),),
    )
    for path, targets in ((_CATEGORICAL, "distributions"), (_SPARSE, "indices"))
)

PROMISES = (
    *(
        promise
        for path in (_BINARY, _CATEGORICAL, _SPARSE)
        for promise in (
            *(
                Promise(path, (f"argument.dtype-{dtype}",), ACCEPTS, _CLASSES, _DTYPE, dtype=dtype)
                for dtype in ("binary16", "bfloat16", "binary64")
            ),
            Promise(path, ("argument.dtype",), EXCLUDES, _CLASSES, _DTYPE),
            Promise(path, ("argument.reduction",), EXCLUDES, _CLASSES, _REDUCTION),
            Promise(path, EVERY, RETURNS, _CLASSES, _DTYPE, dtype="binary32"),
        )
    ),
    *(
        Promise(path, ("argument.label_smoothing-*",), EXCLUDES, _CLASSES, quote)
        for path, quote in (
            (_BINARY, "label_smoothing: Float in range [0, 1]."),
            (_CATEGORICAL, "label_smoothing: Float in [0, 1]."),
        )
    ),
    Promise(
        _BINARY,
        ("labels.int*", "labels.uint8"),
        ACCEPTS,
        _CLASSES,
        "`y_true` (true label): This is either 0 or 1. [...] y_true = np.array([0, 1, 0, 0])",
    ),
    Promise(_BINARY, ("domain.labels-*",), EXCLUDES, _CLASSES, "`y_true` (true label): This is either 0 or 1."),
    Promise(
        _BINARY,
        ("domain.probabilities-*",),
        EXCLUDES,
        _CLASSES,
        "a probability (i.e, value in [0., 1.] when `from_logits=False`)",
    ),
    Promise(
        _BINARY,
        ("domain.logits-infinite",),
        ACCEPTS,
        _CLASSES,
        "a logit, (i.e, value in [-inf, inf] when `from_logits=True`)",
    ),
    Promise(
        _BINARY,
        ("shape.vector",),
        ACCEPTS,
        _CLASSES,
        "Example 1: (batch_size = 1, number of samples = 4) y_true = np.array([0, 1, 0, 0])",
    ),
    *(
        promise
        for path in (_BINARY, _FUNCTION)
        for promise in (
            Promise(
                path,
                ("shape.matrix", "shape.cube", "shape.column", "layout.*"),
                ACCEPTS,
                _CLASSES,
                "y_true: Ground truth values. shape = `[batch_size, d0, .. dN]`. y_pred: The predicted values. "
                "shape = `[batch_size, d0, .. dN]`.",
            ),
            Promise(
                path,
                ("shape.matrix", "shape.cube", "shape.column", "layout.*"),
                RETURNS,
                _CLASSES,
                "Binary crossentropy loss value. shape = `[batch_size, d0, .. dN-1]`.",
                shape="rows",
            ),
        )
    ),
    Promise(
        _OP, ("unequal.*",), EXCLUDES, _OPS, "Its shape should match the shape of the `output` tensor."
    ),
    Promise(
        _OP,
        ("labels.int32",),
        ACCEPTS,
        _OPS,
        "target = keras.ops.convert_to_tensor([0, 1, 1, 0]); output = keras.ops.convert_to_tensor([0.1, 0.9, 0.8, "
        "0.2]); binary_crossentropy(target, output)",
        config=(("from_logits", False),),
    ),
    Promise(
        _OP,
        ("shape.vector",),
        ACCEPTS,
        _OPS,
        "target = keras.ops.convert_to_tensor([0, 1, 1, 0]); output = keras.ops.convert_to_tensor([0.1, 0.9, 0.8, "
        "0.2]); binary_crossentropy(target, output)",
    ),
    Promise(
        _CATEGORICAL,
        ("shape.table", "shape.one"),
        ACCEPTS,
        _CLASSES,
        "the shape of both `y_pred` and `y_true` are `[batch_size, num_classes]`",
    ),
    Promise(
        _CATEGORICAL,
        ("unequal.*",),
        EXCLUDES,
        _CLASSES,
        "the shape of both `y_pred` and `y_true` are `[batch_size, num_classes]`",
    ),
    Promise(
        _CATEGORICAL,
        ("labels.int*",),
        ACCEPTS,
        _CLASSES,
        "y_true = np.array([[0, 1, 0], [0, 0, 1]])",
    ),
    Promise(
        _SPARSE,
        ("shape.table", "shape.one"),
        ACCEPTS,
        _CLASSES,
        "The shape of `y_true` is `[batch_size]` and the shape of `y_pred` is `[batch_size, num_classes]`.",
    ),
    Promise(_SPARSE, ("labels.int*",), ACCEPTS, _CLASSES, "We expect labels to be provided as integers."),
)
