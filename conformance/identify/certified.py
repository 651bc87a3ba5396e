"""An answer held against the project's certified values: the last word on what a loss computes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from conformance import contracts, losses
from conformance.exact import FINITE, ZERO, rounded_values
from conformance.formats import FORMATS, Format, Mask, Values
from conformance.golden import Golden, contract_golden, golden
from conformance.identify.fit import Fit
from conformance.identify.identification import WEAK, Certified, Probe
from conformance.identify.points import named
from conformance.identify.probing import Answers
from conformance.ulp import ulp_error, ulp_exponent

MOST = 120
"""So many inputs are certified at most: the last asked first, which reach farthest."""


def certified(fit: Fit, loss: str, contract: str, factor: float, asked: Sequence[Answers]) -> Certified | None:
    """How far results are from the certified values of a named loss; None where nothing can be compared.

    Parameters
    ----------
    fit : Fit
        The answer.
    loss, contract : str
        Its names.
    factor : float
        Of the loss; only 1 and -1 are compared.
    asked : sequence of Answers
        With roles.
    """
    if factor not in (1.0, -1.0) or not loss:
        return None
    columns, got, dtype = _rows(fit, loss, asked)
    if not len(got):
        return None
    due = golden(loss, "loss", columns)
    if contract != "exact":
        due = documented(loss, contract, columns, None if fit.decimal else fit.fmt, due)
    usable = np.isin(due.value.tag, (FINITE, ZERO)) & np.isfinite(got)
    if not usable.any():
        return None
    fmt = FORMATS[dtype]
    error = ulp_error(got[usable] * factor, due.value.take(usable), ulp_exponent(due.value.take(usable), fmt), fmt)
    k = int(np.argmax(error))
    inputs = dict(zip(losses.load(loss).ARGUMENTS, (c[usable] for c in columns), strict=True))
    exact = float(rounded_values(due.value.take(usable), fmt)[k]) * factor
    worst = Probe(named(inputs, k), float(got[usable][k]), exact)
    close = int(np.count_nonzero(error <= WEAK))
    return Certified(int(np.count_nonzero(usable)), close, float(error[k]), worst)


def documented(
    loss: str, contract: str, columns: Sequence[Values], fmt: Format | None, exact: Golden | None = None
) -> Golden:
    """The exact value under a contract, its constants as they are in a format, or in decimal where there is none.

    Parameters
    ----------
    loss, contract : str
    columns : sequence of ndarray of float64
        The loss's arguments.
    fmt : Format or None
    exact : Golden, optional
        The mathematics, where it is known already.
    """
    found = contracts.load(contract, loss)
    constants = found.rules.constants(found.constant, fmt)
    constants = constants or found.rules.constants(found.constant, None)
    assert constants is not None                # a constant above 0 is one without a format
    return contract_golden(found, "loss", constants, columns, exact)


def _rows(fit: Fit, loss: str, asked: Sequence[Answers]) -> tuple[list[Values], Values, str]:
    """Distinct inputs with hard labels, in the order of the loss's arguments."""
    names = losses.load(loss).ARGUMENTS
    seen: dict[tuple[float, ...], float] = {}
    dtype = ""
    for answers in reversed(asked):
        keep: Mask = np.isin(answers.columns["label"], fit.labels) & ~np.isnan(answers.columns["prediction"])
        for k in np.flatnonzero(keep):
            row = tuple(_argument(fit, answers, name, int(k)) for name in names)
            if len(seen) < MOST and int(k) not in answers.raised:
                seen.setdefault(row, float(answers.got[k]))
                dtype = answers.dtype
    columns = [np.array(column) for column in zip(*seen, strict=True)] if seen else []
    return columns, np.array(list(seen.values())), dtype if dtype in FORMATS else "binary64"


def _argument(fit: Fit, answers: Answers, name: str, k: int) -> float:
    if name == "label":
        return float(fit.share(answers.columns["label"])[k])
    if name == "pos_weight" and "pos_weight" not in answers.columns:
        return fit.yes[0] / fit.no[1]
    role = {"logit": "prediction", "probability": "prediction", "rest_probability": "rest"}.get(name, name)
    return float(answers.columns[role][k])
