"""Losses as people write them, each with one mistake, in NumPy; and some that are none of the known."""

# People write them without types.
# mypy: ignore-errors

import numpy as np

np.seterr(all="ignore")


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def of_logits(x, y):
    return (1 - y) * softplus(x) + y * softplus(-x)


def of_probabilities(p, y):
    return -(y * np.log(p) + (1 - y) * np.log1p(-p))


def double_sigmoid(x, y):
    return of_logits(sigmoid(x), y).mean()


def swapped(y, x):
    return of_logits(x, y).mean()


def sum_for_mean(x, y):
    return of_logits(x, y).sum()


def wrong_axis(x, y):
    return of_logits(x, y).mean(axis=0)


def batch_mean(x, y):
    return of_logits(x, y).sum() / len(x)


def mean_twice(x, y):
    return of_logits(x, y).mean() / x.size


def smoothed_twice(x, y):
    for _ in range(2):
        y = y * (1 - 0.1) + 0.1 / 2
    return of_logits(x, y).mean()


def wrong_epsilon(p, y):
    return of_probabilities(np.clip(p, 1e-3, 1 - 1e-3), y).mean()


def epsilon_inside(p, y):
    return -(y * np.log(p + 1e-8) + (1 - y) * np.log(1 - p + 1e-8)).mean()


def floored(p, y):
    return (y * np.minimum(-np.log(p), 50) + (1 - y) * np.minimum(-np.log1p(-p), 50)).mean()


def floored_on_one_side(p, y):
    """A clamp that nothing here knows."""
    return -(y * np.log(np.maximum(p, 1e-5)) + (1 - y) * np.log1p(-p))


def clipped_logits(x, y):
    return of_logits(np.clip(x, -20, 20), y)


def signed_labels(x, y):
    return softplus(-x * y).mean()


def signed_labels_of_probabilities(p, y):
    return of_probabilities(p, (y + 1) / 2)


def missing_minus(p, y):
    return (y * np.log(p) + (1 - y) * np.log1p(-p)).mean()


def base_two(p, y):
    return -(y * np.log2(p) + (1 - y) * np.log2(1 - p)).mean()


def downcast(x, y):
    return of_logits(x.astype("float32"), y.astype("float32")).astype("float64")


def reversed_labels(x, y):
    return of_logits(x, 1 - y)


def careless(x, y):
    p = sigmoid(x)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def weighted(x, y):
    return 3 * y * softplus(-x) + (1 - y) * softplus(x)


def weighted_and_smoothed(x, y):
    y = y * (1 - 0.2) + 0.1
    return 5 * y * softplus(-x) + (1 - y) * softplus(x)


def focal(x, y):
    p = sigmoid(x)
    q = y * (1 - p) + (1 - y) * p
    return (0.3 * y + 0.7 * (1 - y)) * q**1.5 * of_logits(x, y)


def half(x, y):
    return of_logits(x, y) / 2


def squares(p, y):
    return (p - y) ** 2


def indices(x, y):
    return of_logits(x, y.astype("int64"))


def cubed(x, y):
    """None of the known."""
    return of_logits(x, y) ** 3


def exponential(x, y):
    """None of the known."""
    return np.exp(-(2 * y - 1) * x)


def nearly(x, y):
    """None of the known: a hundredth of a percent away."""
    return of_logits(x, y) + 1e-4 * x**2


def temperature(x, y):
    """Logits divided by a temperature, which nothing here knows."""
    return of_logits(x / 1.01, y)


def easy_dropped(p, y):
    """None of the known: a prediction that is nearly right costs nothing."""
    right = y * p + (1 - y) * (1 - p)
    return np.where(right > 0.995, 0.0, of_probabilities(p, y))


def shifted_at_one_place(x, y):
    """Off at one prediction alone."""
    return of_logits(x, y) + 0.1 * ((x > 7) & (x < 9))


def steeper(x, y):
    """Beyond a loss of 10 it grows by a fifth more, as nothing here does."""
    plain = of_logits(x, y)
    return np.where(plain > 10, 1.2 * plain, plain)


def hole(x, y):
    """No number at one prediction."""
    return of_logits(x, y) + np.where((x > 4) & (x < 6), np.nan, 0.0)


def hundredth(x, y):
    return of_logits(x, y) / 100


def positives_alone(p, y):
    """The other half of the sum is forgotten."""
    return -y * np.log(p)


def halfway(p, y):
    """A label of 0 costs both logarithms: no loss of labels -1 and 1, though it looks like one between them."""
    return -(np.log(p) + (1 - y) * np.log(1 - p))


def hinge(x, y):
    return np.maximum(0, 1 - y * x)


def rows_of_logits(x, y):
    return np.log(np.exp(x).sum(-1)) - (x * y).sum(-1)


def hidden_infinity(p, y):
    """The infinity at the ends is made the largest number."""
    return np.nan_to_num(of_probabilities(p, y))


def focal_with_epsilon(p, y):
    right = y * p + (1 - y) * (1 - p)
    return -((1 - right) ** 2) * np.log(right + 1e-8)


def random(x, y):
    """One element in three is dropped."""
    return of_logits(x, y) * (np.random.default_rng().random(x.shape) > 1 / 3)


def half_precision(x, y):
    return of_logits(x, y).astype(np.float16)


def hardest(x, y):
    """The mean of the harder half of a batch: no reduction of each alone."""
    return np.sort(of_logits(x, y))[len(x) // 2 :].mean()


class Needs:
    def __init__(self, weight):
        self.weight = weight

    def __call__(self, x, y):
        return self.weight * of_logits(x, y)


class Plain:
    def __call__(self, x, y):
        return of_logits(x, y)


loss = Needs(1.0)
number = 3


def refuses(x, y):
    raise ValueError("not today")


def returns_list(x, y):
    return of_logits(x, y).tolist()


def returns_matrix(x, y):
    return np.outer(of_logits(x, y), y)


def weights_summed(x, y, w):
    return (w * of_logits(x, y)).sum() / max(w.sum(), 1)


def weights_counted(x, y, w):
    return (w * of_logits(x, y)).sum() / max(np.count_nonzero(w), 1)


def weights_averaged(x, y, w):
    return (w * of_logits(x, y)).mean()


def hard_labels(x, y):
    """Floats, but no other labels."""
    if not np.isin(y, (0, 1)).all():
        raise ValueError("labels must be 0 or 1")
    return of_logits(x, y)


def hard_labels_first(y, x):
    return hard_labels(x, y).mean()


def hard_signed_labels(x, y):
    if not np.isin(y, (-1, 1)).all():
        raise ValueError("labels must be -1 or 1")
    return softplus(-x * y)


def integer_labels(x, y):
    if y.dtype.kind != "i":
        raise TypeError("labels must be integers")
    return of_logits(x, y)


def constant(x, y):
    return np.zeros_like(x)


def crashes(x, y):
    import os
    import signal

    os.kill(os.getpid(), signal.SIGSEGV)


def hangs(x, y):
    import time

    time.sleep(1000)


def float_of(x, y):
    return float(of_logits(x, y).mean())
