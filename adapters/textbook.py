"""The textbook ladder: seven ways to write sigmoid cross-entropy, each in NumPy exactly as it is printed.

Each is flagged somewhere: that is what the rungs are for. The cells are computed from the formulas beforehand, in
``golden/textbook.csv``.

A gradient is the rung's own formula differentiated by hand. Where max(z, 0) and abs z have a kink, at z = 0, it
is the mean of the two sides. The stable sigmoid is a way to write the gradient; its loss is that of max-log1p.
"""

import inspect

import numpy as np

from conformance.adapter import Adapter, EntryPoint


def likelihood(z, y):
    p = 1 / (1 + np.exp(-z))
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


def likelihood_d_logit(z, y):
    p = 1 / (1 + np.exp(-z))
    return (-y / p + (1 - y) / (1 - p)) * p * (1 - p)


def likelihood_d_label(z, y):
    p = 1 / (1 + np.exp(-z))
    return -np.log(p) + np.log(1 - p)


def exp_positive(z, y):
    return -z * y + np.log(np.exp(z) + 1)


def exp_positive_d_logit(z, y):
    return -y + np.exp(z) / (np.exp(z) + 1)


def exp_positive_d_label(z, y):
    return -z


def exp_negative(z, y):
    return z - z * y + np.log(1 + np.exp(-z))


def exp_negative_d_logit(z, y):
    return 1 - y - np.exp(-z) / (1 + np.exp(-z))


def exp_negative_d_label(z, y):
    return -z


def piecewise(z, y):
    return np.select([z < 0, z > 0], [exp_positive(z, y), exp_negative(z, y)])


def piecewise_d_logit(z, y):
    return np.select([z < 0, z > 0], [exp_positive_d_logit(z, y), exp_negative_d_logit(z, y)])


def piecewise_d_label(z, y):
    return np.select([z < 0, z > 0], [-z, -z])


def max_log(z, y):
    return np.maximum(z, 0) - z * y + np.log(1 + np.exp(-np.abs(z)))


def max_log_d_logit(z, y):
    e = np.exp(-np.abs(z))
    return np.heaviside(z, 0.5) - y - np.sign(z) * e / (1 + e)


def max_log_d_label(z, y):
    return -z


def max_log1p(z, y):
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))


def max_log1p_d_logit(z, y):
    e = np.exp(-np.abs(z))
    return np.heaviside(z, 0.5) - y - np.sign(z) * e / (1 + e)


def max_log1p_d_label(z, y):
    return -z


def stable_sigmoid(z, y):
    return max_log1p(z, y)


def stable_sigmoid_d_logit(z, y):
    return np.exp(-np.maximum(-z, 0)) / (1 + np.exp(-np.abs(z))) - y


def stable_sigmoid_d_label(z, y):
    return -z


RUNGS = (
    (likelihood, likelihood_d_logit, likelihood_d_label),
    (exp_positive, exp_positive_d_logit, exp_positive_d_label),
    (exp_negative, exp_negative_d_logit, exp_negative_d_label),
    (piecewise, piecewise_d_logit, piecewise_d_label),
    (max_log, max_log_d_logit, max_log_d_label),
    (max_log1p, max_log1p_d_logit, max_log1p_d_label),
    (stable_sigmoid, stable_sigmoid_d_logit, stable_sigmoid_d_label),
)
FUNCTIONS = [function for rung in RUNGS for function in rung]
DTYPES = {"binary16": "'float16'", "binary32": "'float32'", "binary64": "'float64'"}


def rung(loss, d_logit, d_label):
    """An entry point whose derivatives are stated by hand."""
    hand = {"logit": d_logit.__name__ + "(logit, label)", "label": d_label.__name__ + "(logit, label)"}
    code = loss.__name__ + "(logit, label)"
    return EntryPoint(loss.__name__, "sigmoid_cross_entropy", code, dtypes=tuple(DTYPES), hand=hand)


class Textbook(Adapter):
    """NumPy; derivatives are stated by hand."""

    name = "textbook"
    only_by_name = True
    distributions = ("numpy",)
    imports = "import numpy as np\n\nnp.seterr(all='ignore')\n\n\n" + "\n\n".join(map(inspect.getsource, FUNCTIONS))
    names = DTYPES
    literal = "np.array({values}, {dtype})"
    derivatives = {"reverse": "def {g}({args}):\n    return {call}, {hand}"}
    entry_points = tuple(rung(*functions) for functions in RUNGS)

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])


ADAPTERS = [Textbook()]
