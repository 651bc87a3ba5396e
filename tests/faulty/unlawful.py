"""The reference with one identity spoiled, or a few, by each adapter; and one that keeps them all."""

# mypy: ignore-errors

import inspect
from dataclasses import replace

import numpy as np

from conformance.adapter import EntryPoint, load_file
from conformance.places import adapters_folder

reference = load_file(str(adapters_folder() / "reference.py"))
sigmoid_cross_entropy = reference.sigmoid_cross_entropy
weighted_sigmoid_cross_entropy = reference.weighted_sigmoid_cross_entropy
PLAIN = next(e for e in reference.Reference.entry_points if e.loss == "sigmoid_cross_entropy")


def up(y):
    return np.nextafter(y, np.asarray(np.inf, y.dtype))


def asymmetric(y, logit, label):
    """A thousandth more for negative logits: what is beside zero still falls from one number to the next."""
    return np.where(logit < 0, y * np.float32(1.001), y)


def rippled(y, logit, label):
    """A thousandth less for every other number."""
    return np.where(logit.view("u4") % 2 == 1, y * np.float32(0.999), y)


def negative(y, logit, label):
    return y - np.float32(1e-20)


def steep(y, logit, label):
    return y * np.float32(1.5)


def cancelled(y, logit, label):
    """Sigma(x) - y as the difference that it is written as."""
    sigma = 1 / (1 + np.exp(-logit))
    return sigma - label


def flipped(y, logit, label):
    """The other sign where nothing else is wrong."""
    return np.where((np.abs(y) < 1e-20) & ((label == 0) | (label == 1)), -y, y)


def bent(y, logit, label):
    """A gradient that is not linear in the label."""
    return np.where((label != 0) & (label != 1), y * np.float32(1.001), y)


def smoothed(logit, label, label_smoothing=None, change=np.asarray):
    if label_smoothing is None:
        return sigmoid_cross_entropy(logit, label)
    s = np.asarray(label_smoothing, label.dtype)
    return change(sigmoid_cross_entropy(logit, label * (1 - s) + s / 2))


def positive(logit, label, pos_weight, change=np.asarray):
    """The same function where the weight is 1."""
    weighted = weighted_sigmoid_cross_entropy(logit, label, pos_weight)
    return np.where(pos_weight == 1, change(sigmoid_cross_entropy(logit, label)), weighted)


def through_logs(y, weight):
    """A product that is no longer exact for powers of two."""
    return np.exp(np.log(y) + np.log(weight))


HELPERS = (up, asymmetric, rippled, negative, steep, cancelled, flipped, bent, smoothed, positive, through_logs)


class Lawful(reference.Reference):
    name = "lawful"
    imports = reference.Reference.imports + "\n\n\n" + "\n\n".join(map(inspect.getsource, HELPERS))
    entry_points = (PLAIN,)


def spoiled(name, loss=None, gradient=None):
    """The reference with a change of its loss, its gradient or both."""
    code, hand = PLAIN.code, PLAIN.hand["logit"]
    entry = replace(
        PLAIN,
        code=f"{loss}({code}, logit, label)" if loss else code,
        hand={"logit": f"{gradient}({hand}, logit, label)" if gradient else hand},
    )
    return type("Unlawful", (Lawful,), {"name": name, "entry_points": (entry,)})()


def related(name, change="np.asarray", product="{y} * weight"):
    """Entry points that are related, each by the same change."""
    focal = change + "(" + PLAIN.code + ")"
    entries = (
        replace(PLAIN, weighted=product.format(y=PLAIN.code)),
        replace(
            PLAIN,
            loss="weighted_sigmoid_cross_entropy",
            code=f"positive(logit, label, pos_weight, {change})",
            config={"pos_weight": "per-element"},
            hand={},
        ),
        replace(
            PLAIN,
            loss="sigmoid_cross_entropy(smoothing=0.1)",
            code=f"smoothed(logit, label, change={change}, {{config}})",
            config={"label_smoothing": 0.1},
            hand={},
        ),
        EntryPoint("abs", "focal(gamma=0)", focal, config={"gamma": 0}),
        EntryPoint("abs", "softmax_cross_entropy(classes=2)", focal + " + 0 * rest", config={"classes": 2}),
    )
    return type("Related", (Lawful,), {"name": name, "entry_points": entries})()


ADAPTERS = [
    Lawful(),
    spoiled("asymmetric", "asymmetric"),
    spoiled("rippled", "rippled"),
    spoiled("negative", "negative"),
    spoiled("steep", gradient="steep"),
    spoiled("cancelled", gradient="cancelled"),
    spoiled("flipped", gradient="flipped"),
    spoiled("bent", gradient="bent"),
    related("related"),
    related("related-by-one", "up"),
    related("related-by-much", "(lambda y: y * np.float32(1.001))"),
    related("through-logs", product="through_logs({y}, weight)"),
]
