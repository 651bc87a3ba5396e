"""What the documentation of each entry point says of its loss where nothing deviates: formula, domain, dtype."""

from __future__ import annotations

from conformance.contracts import Clause

_TORCH = "https://docs.pytorch.org/docs/stable/generated/torch.nn."
_TF = "https://www.tensorflow.org/api_docs/python/tf/"
_KERAS = "https://keras.io/api/losses/probabilistic_losses/"
_OPTAX = "https://optax.readthedocs.io/en/latest/api/losses.html"
_JAX = "https://docs.jax.dev/en/latest/_autosummary/"


def _said(paths: str, quantity: str, page: str, quote: str) -> tuple[Clause, ...]:
    """One quotation for several import paths, globs separated by spaces."""
    return tuple(Clause(path, quantity, True, page, quote) for path in paths.split())


KERAS_DTYPE = Clause(
    "keras.losses.*",
    "dtype",
    True,
    _KERAS,
    "dtype: The dtype of the loss's computations. Defaults to `None`, which means using `keras.backend.floatx()`. "
    '`keras.backend.floatx()` is a `"float32"` unless set to different value',
)

_PYTORCH = (
    *_said(
        "torch.nn.functional.binary_cross_entropy_with_logits torch.nn.BCEWithLogitsLoss",
        "loss",
        _TORCH + "BCEWithLogitsLoss.html",
        r"l_{n,c} = - w_{n,c} \left[ p_c y_{n,c} \cdot \log \sigma(x_{n,c})"
        r" + (1 - y_{n,c}) \cdot \log (1 - \sigma(x_{n,c})) \right]",
    ),
    *_said(
        "torch.nn.functional.binary_cross_entropy_with_logits torch.nn.BCEWithLogitsLoss",
        "domain",
        _TORCH + "functional.binary_cross_entropy_with_logits.html",
        "Tensor of the same shape as input with values between 0 and 1",
    ),
    *_said(
        "torch.nn.functional.soft_margin_loss torch.nn.SoftMarginLoss",
        "loss",
        _TORCH + "SoftMarginLoss.html",
        r"\text{loss}(x, y) = \sum_i \frac{\log(1 + \exp(-y[i]*x[i]))}{\text{x.nelement}()}, "
        "target tensor y (containing 1 or -1)",
    ),
    *_said(
        "torch.nn.functional.multilabel_soft_margin_loss torch.nn.MultiLabelSoftMarginLoss",
        "loss",
        _TORCH + "MultiLabelSoftMarginLoss.html",
        r"loss(x, y) = - \frac{1}{C} * \sum_i y[i] * \log((1 + \exp(-x[i]))^{-1})"
        r" + (1-y[i]) * \log\left(\frac{\exp(-x[i])}{(1 + \exp(-x[i]))}\right)",
    ),
    *_said(
        "torch.nn.functional.multilabel_soft_margin_loss torch.nn.MultiLabelSoftMarginLoss",
        "domain",
        _TORCH + "MultiLabelSoftMarginLoss.html",
        r"y[i] \in \left\{0, \; 1\right\}",
    ),
    *_said(
        "torch.nn.functional.cross_entropy torch.nn.CrossEntropyLoss",
        "loss",
        _TORCH + "CrossEntropyLoss.html",
        r"l_n = - \sum_{c=1}^C w_c \log \frac{\exp(x_{n,c})}{\sum_{i=1}^C \exp(x_{n,i})} y_{n,c}",
    ),
    *_said(
        "torch.nn.functional.cross_entropy torch.nn.CrossEntropyLoss",
        "loss",
        _TORCH + "CrossEntropyLoss.html",
        "label_smoothing: Specifies the amount of smoothing when computing the loss, where 0.0 means no smoothing. The "
        "targets become a mixture of the original ground truth and a uniform distribution",
    ),
    *_said(
        "torchvision.ops.sigmoid_focal_loss",
        "loss",
        "https://docs.pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html",
        "alpha: Weighting factor in range [0, 1] to balance positive vs negative examples or -1 for ignore. "
        "gamma: Exponent of the modulating factor (1 - p_t) to balance easy vs hard examples.",
    ),
    *_said(
        "torchvision.ops.sigmoid_focal_loss",
        "domain",
        "https://docs.pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html",
        "Stores the binary classification label for each element in inputs "
        "(0 for the negative class and 1 for the positive class).",
    ),
)

_TENSORFLOW = (
    *_said(
        "tf.nn.sigmoid_cross_entropy_with_logits",
        "loss",
        _TF + "nn/sigmoid_cross_entropy_with_logits",
        "z * -log(sigmoid(x)) + (1 - z) * -log(1 - sigmoid(x))",
    ),
    *_said(
        "tf.nn.sigmoid_cross_entropy_with_logits",
        "domain",
        _TF + "nn/sigmoid_cross_entropy_with_logits",
        "labels: A `Tensor` of the same type and shape as `logits`. Between 0 and 1, inclusive. "
        "logits: A `Tensor` of type `float32` or `float64`. Any real number.",
    ),
    *_said(
        "tf.nn.weighted_cross_entropy_with_logits",
        "loss",
        _TF + "nn/weighted_cross_entropy_with_logits",
        "labels * -log(sigmoid(logits)) * pos_weight + (1 - labels) * -log(1 - sigmoid(logits))",
    ),
    *_said(
        "tf.nn.softmax_cross_entropy_with_logits",
        "loss",
        _TF + "nn/softmax_cross_entropy_with_logits",
        "Computes softmax cross entropy between `logits` and `labels`. Measures the probability error in discrete "
        "classification tasks in which the classes are mutually exclusive (each entry is in exactly one class).",
    ),
    *_said(
        "tf.nn.softmax_cross_entropy_with_logits",
        "domain",
        _TF + "nn/softmax_cross_entropy_with_logits",
        "All that is required is that each row of `labels` is a valid probability distribution. If they are not, the "
        "computation of the gradient will be incorrect.",
    ),
    *_said(
        "tf.nn.softmax_cross_entropy_with_logits",
        "d_labels",
        _TF + "nn/softmax_cross_entropy_with_logits",
        "Backpropagation will happen into both `logits` and `labels`.",
    ),
    *_said(
        "tf.nn.sparse_softmax_cross_entropy_with_logits",
        "loss",
        _TF + "nn/sparse_softmax_cross_entropy_with_logits",
        "Computes sparse softmax cross entropy between `logits` and `labels`.",
    ),
    *_said(
        "tf.nn.sparse_softmax_cross_entropy_with_logits",
        "domain",
        _TF + "nn/sparse_softmax_cross_entropy_with_logits",
        "Each entry in `labels` must be an index in `[0, num_classes)`. Other values will raise an exception when this "
        "op is run on CPU, and return `NaN` for corresponding loss and gradient rows on GPU.",
    ),
    *_said(
        "tf.compat.v1.losses.sigmoid_cross_entropy",
        "loss",
        _TF + "compat/v1/losses/sigmoid_cross_entropy",
        "Creates a cross-entropy loss using tf.nn.sigmoid_cross_entropy_with_logits. If `label_smoothing` is nonzero, "
        "smooth the labels towards 1/2: new_multiclass_labels = multiclass_labels * (1 - label_smoothing) "
        "+ 0.5 * label_smoothing",
    ),
    *_said(
        "tf.compat.v1.losses.sigmoid_cross_entropy tf.compat.v1.losses.log_loss",
        "d_weights",
        _TF + "compat/v1/losses/sigmoid_cross_entropy",
        "`weights` acts as a coefficient for the loss. If a scalar is provided, then the loss is simply scaled by the "
        "given value.",
    ),
)

_KERAS_LOSSES = (
    *_said(
        "keras.losses.BinaryCrossentropy keras.losses.BinaryFocalCrossentropy",
        "domain",
        _KERAS,
        "`y_pred` (predicted value): This is the model's prediction, i.e, a single floating-point value which either "
        "represents a [logit] (i.e, value in [-inf, inf] when `from_logits=True`) or a probability (i.e, value in "
        "[0., 1.] when `from_logits=False`).",
    ),
    *_said(
        "keras.losses.BinaryFocalCrossentropy",
        "loss",
        _KERAS,
        "`focal_factor = (1 - output) ** gamma` for class 1, `focal_factor = output ** gamma` for class 0, where "
        "`gamma` is a focusing parameter. alpha: A weight balancing factor for class 1. The weight for class 0 is "
        "`1.0 - alpha`.",
    ),
    *_said(
        "keras.losses.BinaryCrossentropy keras.losses.BinaryFocalCrossentropy",
        "loss",
        _KERAS,
        "label_smoothing: When > 0, we compute the loss between the predicted labels and a smoothed version of the "
        "true labels, where the smoothing squeezes the labels towards 0.5.",
    ),
    *_said(
        "keras.losses.CategoricalCrossentropy",
        "loss",
        _KERAS,
        "Computes the crossentropy loss between the labels and predictions. label_smoothing: if `0.1`, use "
        "`0.1 / num_classes` for non-target labels and `0.9 + 0.1 / num_classes` for target labels.",
    ),
    *_said(
        "keras.losses.CategoricalCrossentropy keras.losses.SparseCategoricalCrossentropy",
        "domain",
        _KERAS,
        "from_logits: Whether `y_pred` is expected to be a logits tensor. By default, we assume that `y_pred` encodes "
        "a probability distribution.",
    ),
    KERAS_DTYPE,
)

_JAX_LOSSES = (
    *_said(
        "optax.losses.sigmoid_binary_cross_entropy optax.sigmoid_binary_cross_entropy",
        "loss",
        _OPTAX,
        "Computes element-wise sigmoid cross entropy given logits.",
    ),
    *_said(
        "optax.losses.sigmoid_focal_loss optax.sigmoid_focal_loss",
        "loss",
        _OPTAX,
        r"FL(p_t) = -\alpha_t (1-p_t)^\gamma \log(p_t)",
    ),
    *_said(
        "optax.losses.sigmoid_focal_loss optax.sigmoid_focal_loss",
        "domain",
        _OPTAX,
        "Binary labels `{0, 1}` for binary classification, continuous labels `[0, 1]` for soft targets or label "
        "smoothing",
    ),
    *_said(
        "optax.losses.sigmoid_focal_loss optax.sigmoid_focal_loss",
        "loss",
        _OPTAX,
        r"This implementation uses log-space computation for the focal weight (1-p_t)^\gamma to ensure numerical "
        r"stability, especially for \gamma < 2 and extreme logit values.",
    ),
    *_said(
        "optax.losses.softmax_cross_entropy optax.losses.safe_softmax_cross_entropy",
        "loss",
        _OPTAX,
        r"\sigma_i = - \sum_j y_{i j} \log\left(\frac{\exp(x_{i j})}{\sum_k \exp(x_{i k})}\right)",
    ),
    *_said(
        "optax.losses.softmax_cross_entropy_with_integer_labels",
        "loss",
        _OPTAX,
        r"\sigma_i = \log\left(\frac{\exp(x_{i y_i})}{\sum_j \exp(x_{i j})}\right)",  # the page lacks its minus
    ),
    *_said("jax.nn.softplus", "loss", _JAX + "jax.nn.softplus.html", r"\mathrm{softplus}(x) = \log(1 + e^x)"),
    *_said(
        "jax.nn.log_sigmoid",
        "loss",
        _JAX + "jax.nn.log_sigmoid.html",
        r"\mathrm{log\_sigmoid}(x) = \log(\mathrm{sigmoid}(x)) = -\log(1 + e^{-x})",
    ),
)

CLAUSES = (*_PYTORCH, *_TENSORFLOW, *_KERAS_LOSSES, *_JAX_LOSSES)
