"""What a solved hypothesis says of a loss, question by question, each with the probe that decides. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.formats import BINARY64
from conformance.identify.evidence import against, exchanged
from conformance.identify.fit import Fit
from conformance.identify.held import beyond, exception
from conformance.identify.identification import CERTAIN, LIKELY, UNKNOWN, Probe, Property, plain
from conformance.identify.kinds import KINDS
from conformance.identify.meaning import Meaning
from conformance.identify.probing import Answers
from conformance.identify.snap import snapped
from conformance.identify.tails import NONE
from conformance.identify.tolerance import roundoff

NAMES = {"prediction": "prediction", "label": "label", "rest": "rest of the row"}


def properties(
    fit: Fit, said: Meaning, asked: Sequence[Answers], symmetric: bool, others: Sequence[Fit]
) -> list[Property]:
    """Everything but reduction, dtype and behaviour.

    Parameters
    ----------
    fit : Fit
        The answer.
    said : Meaning
        Of its numbers.
    asked : sequence of Answers
        With roles.
    symmetric : bool
        Whether the arguments may be exchanged.
    others : sequence of Fit
        Further hypotheses that fit.
    """
    found = [_takes(fit, asked), _labels(fit, said, asked), _order(fit, asked, symmetric)]
    if fit.kind.row:
        found.append(_classes(fit, asked))
    if fit.kind.entropy:
        return [*found, _clamp(fit, asked, others), *_factors(fit, said, asked)]
    parts = beyond(fit, asked)
    found += [_unknown(parts)] if parts is not None else []
    found += [_factor(fit, said, asked)] if said.factor.value != 1 else []
    return found


def _takes(fit: Fit, asked: Sequence[Answers]) -> Property:
    words = {"logits": "logits", "probabilities": "probabilities"}.get(fit.kind.takes, fit.kind.takes)
    if fit.kind.route:
        words += f", by way of {fit.kind.route}"
    rival = replace(fit, kind=next(kind for kind in KINDS if kind.name == fit.kind.rival), tail=NONE)
    probe, sure = against(fit, rival.predicted, f"were it {rival.kind.words}", asked)
    return Property("takes", fit.kind.takes, words, sure, probe)


def _labels(fit: Fit, said: Meaning, asked: Sequence[Answers]) -> Property:
    low, high = said.labels
    value = f"{{{low:g}, {high:g}}}"
    words = value + (", reversed: the upper label is the class the prediction speaks against" if said.reversed else "")
    rival = replace(fit, yes=fit.no, no=fit.yes)
    probe, sure = against(fit, rival.predicted, "were they reversed", asked)
    return Property("labels", value, words, sure, probe)


def _order(fit: Fit, asked: Sequence[Answers], symmetric: bool) -> Property:
    words = ", ".join(NAMES.get(role, role) for role in fit.roles)
    if symmetric:
        return Property("order", None, f"{words}, or the reverse: it makes no difference", LIKELY)
    probe, sure = against(fit, exchanged(fit), "were they exchanged", asked)
    return Property("order", list(fit.roles), words, sure if probe is not None else CERTAIN, probe)


def _classes(fit: Fit, asked: Sequence[Answers]) -> Property:
    rival = replace(fit, classes=fit.classes + 1)
    probe, sure = against(fit, rival.predicted, f"with {fit.classes + 1} classes", asked)
    return Property("classes", fit.classes, f"{fit.classes} in a row, as it was given", sure, probe)


def _clamp(fit: Fit, asked: Sequence[Answers], others: Sequence[Fit]) -> Property:
    parts = beyond(fit, asked)
    if fit.tail.name == "none":
        return Property("clamp", None, "none found", CERTAIN) if parts is None else _unknown(parts)
    words = fit.tail.words.format(fit.constant.text)
    if not fit.constant.meant:
        words += " (as measured)"
    small, _, left = fit.at
    if fit.tail.name in ("clip", "clip and epsilon") and not fit.decimal and f"{left:.4g}" != f"{small:.4g}":
        words += f"; in {fit.fmt.name} the upper end is 1 - {left:.4g}"
    probe, sure = against(fit, replace(fit, tail=NONE).predicted, "without a clamp", asked)
    names = {o.tail.words.format(o.constant.text) for o in others if o.tail.name != fit.tail.name}
    if names:
        words += "; alike in every probe: " + "; ".join(sorted(names))
        sure = LIKELY
    if parts is not None:
        words += f"; but {_said(parts)}, due {parts.expected:.6g}"
        sure = LIKELY
    return Property("clamp", {"where": fit.tail.name, "value": fit.constant.value}, words, sure, probe)


def exceptions(fit: Fit, asked: Sequence[Answers]) -> list[Property]:
    """A probe in the middle of the domain that is not as the answer has it, where there is one.

    Parameters
    ----------
    fit : Fit
    asked : sequence of Answers
        With roles.
    """
    probe = exception(fit, asked)
    if probe is None:
        return []
    value = {"inputs": dict(probe.inputs), "got": plain(probe.got), "due": plain(probe.expected)}
    return [Property("exception", value, f"{_said(probe)}, not {probe.expected:.6g}", CERTAIN, probe)]


def _unknown(parts: Probe) -> Property:
    """What keeps a loss from growing, or makes it grow, as no hypothesis says."""
    words = f"none of the known: {_said(parts)}, without one {parts.expected:.6g}"
    return Property("clamp", "unknown", words, UNKNOWN, parts)


def _said(probe: Probe) -> str:
    return f"at ({probe.inputs['prediction']:g}, {probe.inputs['label']:g}) it gives {float(probe.got):.6g}"


def _factors(fit: Fit, said: Meaning, asked: Sequence[Answers]) -> list[Property]:
    found = []
    if said.leftover:
        found.append(Property("weights of the labels", list(map(list, (fit.yes, fit.no))), said.leftover, LIKELY))
    found.append(_smoothing(fit, said, asked))
    found.append(_pos_weight(fit, said, asked))
    if fit.gamma:
        probe, sure = against(fit, replace(fit, gamma=0.0).predicted, "with gamma 0", asked)
        found.append(Property("gamma", said.gamma.value, said.gamma.text, sure, probe))
    else:
        probe, sure = against(fit, replace(fit, gamma=2.0).predicted, "with gamma 2", asked)
        found.append(Property("gamma", 0.0, "0: not a focal loss", sure, probe))
    if said.alpha is not None:
        even = replace(fit, yes=(1.0, 0.0), no=(0.0, 1.0))
        probe, sure = against(fit, even.predicted, "without alpha", asked)
        rest = snapped(1 - said.alpha.value, roundoff(BINARY64)).text
        words = f"{said.alpha.text} for label 1, {rest} for label 0"
        found.append(Property("alpha", said.alpha.value, words, sure, probe))
    else:
        found.append(Property("alpha", None, "none", CERTAIN))
    if said.factor.value != 1:
        found.append(_factor(fit, said, asked))
    return found


def _smoothing(fit: Fit, said: Meaning, asked: Sequence[Answers]) -> Property:
    amount = said.smoothing
    if not amount.value:
        return Property("label smoothing", 0.0, "none", CERTAIN if not said.leftover else LIKELY)
    size = said.factor.value
    hard = replace(fit, yes=(size, 0.0), no=(0.0, size))
    probe, sure = against(fit, hard.predicted, "without smoothing", asked)
    words = amount.text
    if said.twice is not None:
        t = said.twice.text
        words += f", as {t} applied twice gives: 1 - (1 - {t})^2"
    return Property("label smoothing", amount.value, words, sure, probe)


def _pos_weight(fit: Fit, said: Meaning, asked: Sequence[Answers]) -> Property:
    if "pos_weight" in fit.roles:
        return Property("pos_weight", "argument", "an argument of its own", CERTAIN)
    if "weight" in fit.roles:
        return Property("pos_weight", "weight", "none; a weight of each element is an argument of its own", CERTAIN)
    if said.alpha is not None or said.pos_weight.value == 1:
        return Property("pos_weight", 1.0, "none", CERTAIN if not said.leftover else LIKELY)
    even = replace(fit, yes=fit.no[::-1])
    probe, sure = against(fit, even.predicted, "without pos_weight", asked)
    return Property("pos_weight", said.pos_weight.value, said.pos_weight.text, sure, probe)


def _factor(fit: Fit, said: Meaning, asked: Sequence[Answers]) -> Property:
    size = said.factor.value
    plain = replace(fit, yes=tuple(v / size for v in fit.yes), no=tuple(v / size for v in fit.no))  # type: ignore[arg-type]
    probe, sure = against(fit, plain.predicted, "without the factor", asked)
    words = said.factor.text + (f" ({said.factor_words})" if said.factor_words else "")
    return Property("factor", size, words, sure, probe)

