"""The answer in one sentence. Pure."""

from __future__ import annotations

from conformance.identify.fit import Fit
from conformance.identify.identification import WEAK, Agreement, Identification, Property
from conformance.identify.meaning import Meaning


def described(fit: Fit, said: Meaning) -> str:
    """The loss of one element, in words.

    Parameters
    ----------
    fit : Fit
    said : Meaning
        Of its numbers.
    """
    parts = [fit.kind.words]
    if fit.gamma:
        parts[0] = parts[0].replace("binary cross-entropy", "focal loss")
        parts.append(f"gamma {fit.gamma:g}")
    if said.alpha is not None:
        parts.append(f"alpha {said.alpha.text}")
    if said.factor.value == -1:
        parts[0] = f"minus the {parts[0]}"
    elif said.factor.value != 1:
        parts[0] = f"{said.factor.text} times the {parts[0]}"
    else:
        parts[0] = f"a {parts[0]}"
    if said.labels != (0.0, 1.0):
        parts.append(f"labels {said.labels[0]:g} and {said.labels[1]:g}")
    if said.reversed:
        parts.append("labels reversed")
    if said.smoothing.value:
        parts.append(f"label smoothing {said.smoothing.text}")
    if "pos_weight" in fit.roles:
        parts.append("with pos_weight as an argument")
    elif said.pos_weight.value != 1 and said.alpha is None:
        parts.append(f"pos_weight {said.pos_weight.text}")
    if "weight" in fit.roles:
        parts.append("with a weight of each element")
    if said.leftover:
        parts.append(said.leftover)
    if fit.tail.name != "none":
        parts.append(fit.tail.words.format(fit.constant.text))
    return ", ".join(parts)


def verdict(fit: Fit, said: Meaning, several: Property, answer: Identification) -> str:
    """The answer in one sentence.

    Parameters
    ----------
    fit : Fit
    said : Meaning
        Of its numbers.
    several : Property
        The reduction.
    answer : Identification
        All but its verdict.
    """
    words = described(fit, said)
    if fit.roles[0] == "label":
        words += ", labels first"
    if answer.value("soft labels") == "index":
        words += ", labels as class indices"
    if answer.value("clamp") == "unknown":
        words += ", with ends that are none of the known"
    if answer.value("computes in") is not None:
        words += f", computed in {answer.value('computes in')}"
    words += {
        "none": ", no reduction",
        "unknown": ", with a reduction that is none of the known",
        None: "",
    }.get(several.value, f", {several.words}")
    soft = answer.property("soft labels")
    if soft is not None and soft.value in ("rounded", "threshold"):
        words += f", soft labels {'rounded' if soft.value == 'rounded' else 'taken for 1'}"
    exception = answer.property("exception")
    if exception is not None:
        words += f", but {exception.words}"
    return words[0].upper() + words[1:] + _agreed(answer) + "."


def _agreed(answer: Identification) -> str:
    first: Agreement | None = next(iter(answer.agreements), None)
    if first is None:
        return ""
    if first.identical:
        return f"; agrees bit for bit with {first.entry_point} on {first.probes} probes in {first.dtype}"
    if first.max_ulp > WEAK:
        return ""
    if first.max_ulp == 0:
        where = f"{first.entry_point} on {first.probes} probes in {first.dtype}"
        return f"; agrees with {where}, but for the sign of a zero"
    return f"; within {first.max_ulp:.0f} ULP of {first.entry_point} in {first.dtype}"
