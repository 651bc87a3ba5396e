"""What a loss does at soft labels, at infinities, outside its domain, and where it breaks down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from conformance import losses
from conformance.exact import FINITE, INFINITE, ZERO
from conformance.formats import Mask, Values
from conformance.golden import golden
from conformance.identify import points
from conformance.identify.fit import Fit
from conformance.identify.identification import CERTAIN, LIKELY, UNKNOWN, Probe, Property, plain
from conformance.identify.kinds import KINDS
from conformance.identify.probing import Answers, Probing
from conformance.identify.tolerance import misses

WRONG = 1e-3
"""A result that is off by more than this share of itself is broken, not rounded. A choice: three decimals are left."""


def dtypes(probing: Probing, fit: Fit) -> Property:
    """The dtype of the result for each dtype of the inputs."""
    found: dict[str, str] = {}
    adapter = probing.box.source.adapter
    for dtype in adapter.names:
        if adapter.name == "reference" and dtype == "bfloat16":
            continue                            # the reference carries it as integers
        columns = points.at(fit.roles, fit.kind.takes, (0.25, 0.75), fit.labels, dtype)
        answers = probing.ask(columns, dtype)
        found[dtype] = answers.dtype or f"raises {next(iter(answers.raised.values()))}"
    kept = all(of == dtype for dtype, of in found.items())
    if kept:
        words = "that of the inputs"
    elif len(set(found.values())) == 1:
        words = f"{next(iter(found.values()))}, whatever goes in"
    else:
        words = "; ".join(f"{dtype}: {of}" for dtype, of in found.items())
    return Property("result dtype", found, words, CERTAIN)


def soft_labels(probing: Probing, fit: Fit) -> Property:
    """What a label between the two gives: what mathematics says, that of a hard one, or an error."""
    predictions = (0.25, 0.6, 0.875)
    low, high = fit.labels
    labels = [fit.label(share) for share in (*points.SOFT, 0.9)]
    answers = probing.ask(points.at(fit.roles, fit.kind.takes, predictions, labels, probing.dtype))
    if len(answers.raised) == len(answers.got):
        said = next(iter(answers.raised.values()))
        return Property("soft labels", "raises", f"raises ({said})", CERTAIN)
    missed = misses(fit, answers.columns, answers.got)
    if (missed <= 1).all():
        k = int(np.argmax(answers.got))
        due = float(fit.predicted(answers.columns)[k])
        probe = Probe(points.named(answers.columns, k), float(answers.got[k]), due)
        words = "anything between the two, as the mathematics has it"
        return Property("soft labels", "weighted", words, CERTAIN, probe)
    share = fit.share(answers.columns["label"])
    cuts = (
        ("index", np.floor(share), "cut to an integer: labels are class indices"),
        ("rounded", np.round(share), "rounded to the nearest label"),
        ("threshold", np.where(share > 0, 1.0, 0.0), "any label above the lower one counts as the upper one"),
    )
    for value, cut, words in cuts:
        hard = dict(answers.columns, label=low + cut * (high - low))
        if (misses(fit, hard, answers.got) <= 1).all():
            k = int(np.argmax(share))
            probe = Probe(points.named(answers.columns, k), float(answers.got[k]), float(fit.predicted(hard)[k]))
            return Property("soft labels", value, words, CERTAIN, probe)
    k = int(np.argmax(np.nan_to_num(missed, posinf=1e300)))
    probe = Probe(points.named(answers.columns, k), float(answers.got[k]), float(fit.predicted(answers.columns)[k]))
    columns = answers.columns
    as_margin = dict(columns, prediction=columns["prediction"] * columns["label"], label=np.ones(len(answers.got)))
    if fit.labels == (-1.0, 1.0) and (misses(fit, as_margin, answers.got) <= 1).all():
        words = "a label multiplies the logit: one between has no class"
        return Property("soft labels", "margin", words, CERTAIN, probe)
    return Property("soft labels", "other", "not what the mathematics has for them", LIKELY, probe)


def extremes(probing: Probing, fit: Fit, loss: str) -> list[Property]:
    """Infinities and NaN; probabilities and labels outside the domain."""
    takes = fit.kind.takes
    answers = probing.ask(points.at(fit.roles, takes, points.beyond(takes), fit.labels, probing.dtype))
    limits = _limits(fit, loss, answers)
    infinite = _rows(answers, limits, np.isinf(answers.columns["prediction"]) | np.isnan(answers.columns["prediction"]))
    outside = _rows(answers, limits, np.isfinite(answers.columns["prediction"]))
    found = [Property("infinities", [row for row, _ in infinite], "; ".join(w for _, w in infinite), CERTAIN)]
    labels = [-2.0, 3.0] if fit.labels[0] < 0 else [-0.5, 1.5]
    parts, rows = [words for _, words in outside], [row for row, _ in outside]
    if probing.arrangement.name not in ("vectors", "columns"):
        return [*found, Property("outside the domain", rows, "; ".join(parts), CERTAIN)] if rows else found
    odd = probing.ask(points.at(fit.roles, takes, (0.25,), labels, probing.dtype))
    expected = fit.predicted(odd.columns)
    for k in range(len(odd.got)):
        label = odd.columns["label"][k]
        if k in odd.raised:
            parts.append(f"label {label:g} raises")
        else:
            as_if = "as the formula has it" if misses(fit, odd.columns, odd.got)[k] <= 1 else f"not {expected[k]:.6g}"
            parts.append(f"label {label:g} gives {odd.got[k]:.6g}, {as_if}")
    rows += [
        {"label": plain(float(odd.columns["label"][k])), "got": odd.raised.get(k, plain(float(odd.got[k])))}
        for k in range(len(odd.got))
    ]
    found.append(Property("outside the domain", rows, "; ".join(parts), CERTAIN))
    return found


def _limits(fit: Fit, loss: str, answers: Answers) -> list[str]:
    """The exact limits, in words; empty where the project has no such loss."""
    if not loss or fit.labels != (0.0, 1.0):
        return [""] * len(answers.got)
    names = {"logit": "prediction", "probability": "prediction", "rest_probability": "rest"}
    columns: list[Values] = []
    for name in losses.load(loss).ARGUMENTS:
        column = answers.columns.get(names.get(name, name))
        columns.append(np.full(len(answers.got), fit.yes[0] / fit.no[1]) if column is None else column)
    exact = golden(loss, "loss", columns).value
    words = {FINITE: "finite", ZERO: "0", INFINITE: "inf"}
    return [words.get(int(tag), "") for tag in exact.tag]


def _rows(answers: Answers, limits: Sequence[str], keep: Mask) -> list[tuple[dict[str, object], str]]:
    found: list[tuple[dict[str, object], str]] = []
    for k in np.flatnonzero(keep).tolist():
        x, y = (float(answers.columns[role][k]) for role in ("prediction", "label"))
        got = answers.raised.get(k, plain(float(answers.got[k])))
        said = "raises" if k in answers.raised else f"{answers.got[k]:.6g}"
        limit = f" (limit {limits[k]})" if limits[k] and limits[k] != said else ""
        found.append((
            {"prediction": plain(x), "label": y, "got": got, "limit": limits[k]},
            f"({x:g}, {y:g}) {said}{limit}",
        ))
    return found


def breakdown(fit: Fit, asked: Sequence[Answers]) -> Property | None:
    """The nearest input at which the result is no longer that of the formula; None where it always is."""
    exact = replace(fit, kind=next(kind for kind in KINDS if kind.name == fit.kind.name))
    broken: list[tuple[float, Probe]] = []
    for answers in asked:
        x, due = answers.columns["prediction"], exact.predicted(answers.columns)
        hard = np.isin(answers.columns["label"], fit.labels) & np.isfinite(due) & np.isfinite(x)
        with np.errstate(all="ignore"):
            away = np.abs(answers.got - due) > WRONG * np.abs(due)
        small = (np.abs(due) < WRONG) & (fit.tail.name != "none")   # a clamp's own small change
        tiny = np.abs(due) < fit.fmt.smallest_normal              # it may be flushed
        bad = hard & ((away & ~small & ~tiny) | np.isnan(answers.got))
        for k in np.flatnonzero(bad):
            if int(k) in answers.raised:
                continue
            distance = abs(x[k]) if fit.kind.takes != "probabilities" else -min(x[k], 1 - x[k])
            broken.append((
                float(distance),
                Probe(points.named(answers.columns, int(k)), float(answers.got[k]), float(due[k])),
            ))
    if not broken:
        return None
    rank = {True: 0, False: 1}
    first = min(broken, key=lambda b: (rank[not np.isfinite(float(b[1].got))], b[0]))[1]
    nearest = min(broken, key=lambda b: b[0])[1]
    words = _words(nearest)
    if first is not nearest:
        words += f"; {_words(first)}"
    value = [{"inputs": p.inputs, "got": plain(p.got), "exact": plain(p.expected)} for p in (nearest, first)]
    return Property("breaks down", value[: 1 + (first is not nearest)], words, CERTAIN, nearest)


def _words(probe: Probe) -> str:
    x, y = probe.inputs["prediction"], probe.inputs["label"]
    return f"at ({x:g}, {y:g}) it gives {float(probe.got):.4g}, exact is {probe.expected:.4g}"


def unknown(name: str, why: str) -> Property:
    """A question without an answer."""
    return Property(name, None, why, UNKNOWN)
