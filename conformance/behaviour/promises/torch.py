"""PyTorch and torchvision. The pages of functions refer to those of the classes, where the shapes stand."""

from conformance.behaviour.promises import ACCEPTS, EVERY, EXCLUDES, RETURNS, Form, Promise

_PAGE = "https://docs.pytorch.org/docs/stable/generated/torch.nn."
_F = "torch.nn.functional."
_BCE = (_F + "binary_cross_entropy", "torch.nn.BCELoss")
_BCE_PAGE = _PAGE + "functional.binary_cross_entropy.html"
_LOGITS = (_F + "binary_cross_entropy_with_logits", "torch.nn.BCEWithLogitsLoss")
_LOGITS_PAGE = _PAGE + "functional.binary_cross_entropy_with_logits.html"
_MARGIN = (_F + "soft_margin_loss", "torch.nn.SoftMarginLoss")
_MARGIN_PAGE = _PAGE + "SoftMarginLoss.html"
_MULTILABEL = _F + "multilabel_soft_margin_loss"
_MULTILABEL_PAGE = _PAGE + "MultiLabelSoftMarginLoss.html"
_CROSS = _F + "cross_entropy"
_CROSS_PAGE = _PAGE + "CrossEntropyLoss.html"
_FOCAL = "torchvision.ops.sigmoid_focal_loss"
_FOCAL_PAGE = "https://docs.pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html"
_FOCAL_INPUTS = "inputs (Tensor): A float tensor of arbitrary shape."
_FOCAL_TARGETS = "targets (Tensor): A float tensor with the same shape as inputs."

_REDUCTION = "Specifies the reduction to apply to the output: 'none' | 'mean' | 'sum'."
_BETWEEN = "target: Tensor of the same shape as input with values between 0 and 1."
_BY_INDEX = (
    "If containing class indices, shape (), (N) or (N, d_1, d_2, ..., d_K) with K >= 1 in the case of K-dimensional "
    "loss where each value should be between [0, C)."
)
_LONG = "The target data type is required to be long when using class indices."
_BY_PROBABILITY = (
    "If containing class probabilities, the target must be the same shape input, and each value should be between "
    "[0, 1]. This means the target data type is required to be float when using class probabilities."
)
_WEIGHT = "if provided it's repeated to match input tensor shape"
_BATCH = (
    "a manual rescaling weight given to the loss of each batch element. If given, has to be a Tensor of size nbatch."
)
_BROADCAST = (
    "If provided, the dimension of weight supports broadcasting to a common shape with respect to the input (and "
    "target) shape."
)
_CLASSES = (
    "a weight of positive examples to be broadcasted with target. Must be a tensor with equal size along the class "
    "dimension to the number of classes."
)

FORMS = (
    *(
        Form(path, f"{path}{made}(prediction, label{{more}})".replace("{more}", last), "signs")
        for path, made, last in (
            (_MARGIN[0], "", ", reduction={reduction}{more}"),
            (_MARGIN[1], "(reduction={reduction}{more})", ""),
        )
    ),
    *(
        Form(
            _CROSS,
            _CROSS + "(prediction, label, reduction={reduction}{more})",
            targets,
            (("classes", 2), ("targets", said), ("dimensions", None), ("label_smoothing", None)),
            index="int64",
        )
        for targets, said in (("indices", "indices"), ("distributions", "probabilities"))
    ),
)


def _elementwise(paths: tuple[str, ...], page: str) -> tuple[Promise, ...]:
    """What the section "Shape" says, in the same words for each loss."""
    return tuple(
        promise
        for path in paths
        for promise in (
            Promise(path, ("unequal.*",), EXCLUDES, page, "Target: (*), same shape as the input."),
            Promise(
                path,
                ("shape.*", "layout.*"),
                ACCEPTS,
                page,
                "Input: (*), where * means any number of dimensions.",
            ),
            Promise(
                path,
                EVERY,
                RETURNS,
                page,
                "Output: scalar. If reduction is 'none', then (*), same shape as input.",
                shape="prediction",
            ),
            Promise(path, ("argument.reduction",), EXCLUDES, page, _REDUCTION),
        )
    )


PROMISES = (
    *_elementwise(_BCE, _PAGE + "BCELoss.html"),
    *_elementwise(_LOGITS, _PAGE + "BCEWithLogitsLoss.html"),
    *_elementwise(_MARGIN, _MARGIN_PAGE),
    *(Promise(path, ("domain.labels-*",), EXCLUDES, _BCE_PAGE, _BETWEEN) for path in _BCE),
    *(
        Promise(
            path,
            ("domain.probabilities-*",),
            EXCLUDES,
            _BCE_PAGE,
            "input: Tensor of arbitrary shape as probabilities.",
        )
        for path in _BCE
    ),
    *(Promise(path, ("domain.labels-*",), EXCLUDES, _LOGITS_PAGE, _BETWEEN) for path in _LOGITS),
    Promise(
        _BCE[0],
        ("weight.alike", "weight.scalar", "weight.one", "weight.of-columns", "weight.of-rows"),
        ACCEPTS,
        _BCE_PAGE,
        _WEIGHT,
    ),
    Promise(_BCE[0], ("weight.*",), EXCLUDES, _BCE_PAGE, _WEIGHT),
    Promise(_BCE[1], ("weight.alike", "weight.of-rows-flat"), ACCEPTS, _PAGE + "BCELoss.html", _BATCH),
    Promise(_BCE[1], ("weight.*",), EXCLUDES, _PAGE + "BCELoss.html", _BATCH),
    Promise(
        _LOGITS[0],
        ("weight.alike", "weight.scalar", "weight.one", "weight.of-columns", "weight.of-rows"),
        ACCEPTS,
        _LOGITS_PAGE,
        _BROADCAST,
    ),
    Promise(_LOGITS[0], ("weight.shorter", "weight.of-rows-flat"), EXCLUDES, _LOGITS_PAGE, _BROADCAST),
    Promise(
        _LOGITS[0],
        ("pos_weight.alike", "pos_weight.of-columns", "pos_weight.of-rows"),
        ACCEPTS,
        _LOGITS_PAGE,
        _CLASSES,
    ),
    Promise(_LOGITS[0], ("pos_weight.shorter", "pos_weight.of-rows-flat"), EXCLUDES, _LOGITS_PAGE, _CLASSES),
    *(
        Promise(
            path,
            ("domain.labels-*",),
            EXCLUDES,
            _MARGIN_PAGE,
            "a two-class classification logistic loss between input tensor x and target tensor y (containing 1 or -1)",
        )
        for path in _MARGIN
    ),
    Promise(
        _MULTILABEL,
        ("unequal.*",),
        EXCLUDES,
        _MULTILABEL_PAGE,
        "Target: (N, C), label targets must have the same shape as the input.",
    ),
    Promise(
        _MULTILABEL,
        ("shape.matrix", "shape.column", "layout.*"),
        ACCEPTS,
        _MULTILABEL_PAGE,
        "Input: (N, C) where N is the batch size and C is the number of classes.",
    ),
    Promise(
        _MULTILABEL,
        ("shape.*",),
        EXCLUDES,
        _MULTILABEL_PAGE,
        "Input: (N, C) where N is the batch size and C is the number of classes.",
    ),
    Promise(_MULTILABEL, ("domain.labels-*",), EXCLUDES, _MULTILABEL_PAGE, "y[i] ∈ {0, 1}"),
    Promise(
        _MULTILABEL,
        ("shape.*", "layout.*"),
        RETURNS,
        _MULTILABEL_PAGE,
        "Output: scalar. If reduction is 'none', then (N).",
        shape="rows",
    ),
    Promise(_MULTILABEL, ("argument.reduction",), EXCLUDES, _MULTILABEL_PAGE, _REDUCTION),
    Promise(_CROSS, ("labels.int64",), ACCEPTS, _CROSS_PAGE, _LONG, targets="indices"),
    Promise(_CROSS, ("labels.*",), EXCLUDES, _CROSS_PAGE, _LONG, targets="indices"),
    Promise(_CROSS, ("labels.*",), EXCLUDES, _CROSS_PAGE, _BY_PROBABILITY, targets="distributions"),
    Promise(
        _CROSS,
        ("shape.table", "shape.row", "shape.one"),
        ACCEPTS,
        _CROSS_PAGE,
        "Input: Shape (C), (N, C) or (N, C, d_1, d_2, ..., d_K) with K >= 1 in the case of K-dimensional loss.",
    ),
    Promise(
        _CROSS,
        ("domain.labels-ignored",),
        ACCEPTS,
        _PAGE + "functional.cross_entropy.html",
        "ignore_index (int, optional): Specifies a target value that is ignored and does not contribute to the input "
        "gradient. [...] Default: -100",
        targets="indices",
    ),
    Promise(_CROSS, ("unequal.*", "domain.labels-*"), EXCLUDES, _CROSS_PAGE, _BY_INDEX, targets="indices"),
    Promise(_CROSS, ("unequal.*", "domain.labels-*"), EXCLUDES, _CROSS_PAGE, _BY_PROBABILITY, targets="distributions"),
    Promise(
        _CROSS,
        EVERY,
        RETURNS,
        _CROSS_PAGE,
        "Output: If reduction is 'none', shape (), (N) or (N, d_1, d_2, ..., d_K) with K >= 1 in the case of "
        "K-dimensional loss, depending on the shape of the input. Otherwise, scalar.",
        shape="rows",
    ),
    Promise(_CROSS, ("argument.reduction",), EXCLUDES, _CROSS_PAGE, _REDUCTION),
    Promise(
        _CROSS,
        ("argument.label_smoothing-*",),
        EXCLUDES,
        _CROSS_PAGE,
        "label_smoothing (float, optional): A float in [0.0, 1.0].",
    ),
    Promise(_FOCAL, ("unequal.*",), EXCLUDES, _FOCAL_PAGE, _FOCAL_TARGETS),
    Promise(_FOCAL, ("shape.*", "layout.*"), ACCEPTS, _FOCAL_PAGE, _FOCAL_INPUTS),
    Promise(_FOCAL, ("prediction.*",), EXCLUDES, _FOCAL_PAGE, _FOCAL_INPUTS),
    Promise(_FOCAL, ("labels.*",), EXCLUDES, _FOCAL_PAGE, _FOCAL_TARGETS),
    Promise(
        _FOCAL,
        ("domain.labels-*",),
        EXCLUDES,
        _FOCAL_PAGE,
        "Stores the binary classification label for each element in inputs (0 for the negative class and 1 for the "
        "positive class).",
    ),
    Promise(
        _FOCAL,
        ("argument.reduction",),
        EXCLUDES,
        _FOCAL_PAGE,
        "reduction (string): 'none' | 'mean' | 'sum'. 'none': No reduction will be applied to the output.",
    ),
)
