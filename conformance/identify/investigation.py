"""The questions in order: search, then everything that follows from what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from conformance.identify import behaviour
from conformance.identify.agreement import agreements
from conformance.identify.box import Box, Deadly
from conformance.identify.certified import certified
from conformance.identify.denominators import reduction
from conformance.identify.evidence import named_answers
from conformance.identify.fit import Fit, clear, misses
from conformance.identify.identification import (
    CERTAIN,
    LIKELY,
    UNKNOWN,
    WEAK,
    Agreement,
    Certified,
    Identification,
    Probe,
    Property,
)
from conformance.identify.meaning import Meaning, contract_name, loss_name, meaning
from conformance.identify.points import named
from conformance.identify.probing import Answers
from conformance.identify.properties import properties
from conformance.identify.search import Found, search
from conformance.identify.target import Target
from conformance.subject import Source, sources

Told = Callable[[str], object]

def identify(
    found: Iterable[tuple[Target, Box]],
    against: Sequence[Source] | None = None,
    told: Told = lambda what: None,
) -> Identification:
    """Say what a loss function is.

    Parameters
    ----------
    found : iterable of (Target, Box)
        The function, with the arrays of one framework after the other.
    against : sequence of Source, optional
        Adapters to compare with; by default the reference and those of the same framework.
    told : callable
        Told what is done next.

    Raises
    ------
    BoxError
        There is no such function, or it raises on every call.
    """
    tried: list[tuple[Target, Box]] = []

    def each() -> Iterable[Box]:
        for target, box in found:
            tried.append((target, box))
            yield box

    told("probing")
    try:
        best = search(each())
        target = tried[0][0]
        return _answer(target, best, against, told)
    except Deadly as deadly:
        target, box = tried[-1]
        verdict = f"It ends its process or hangs when it is called ({deadly})."
        return Identification(target.words, False, CERTAIN, verdict, framework=_framework(box), calls=box.calls)


def _answer(target: Target, best: Found, against: Sequence[Source] | None, told: Told) -> Identification:
    probing, fit = best.probing, best.fit
    box = probing.box
    plain = Identification(target.words, False, UNKNOWN, "", framework=_framework(box))
    if fit is None:
        return replace(plain, verdict=_nothing(), calls=box.calls)
    asked = named_answers(probing.asked, fit.roles)
    said = meaning(fit)
    if not best.known:
        return replace(plain, **_nearest(fit, asked), calls=box.calls)  # type: ignore[arg-type]
    loss, contract = loss_name(fit, said), contract_name(fit)
    if not contract:
        loss = ""
    told("behaviour")
    wide = not target.adapter and probing.arrangement.name in ("vectors", "columns")
    several = reduction(probing, fit, wide)
    found = properties(fit, said, asked, best.symmetric, best.others)
    if any(p.name == "clamp" and p.value == "unknown" for p in found):
        loss = contract = ""                    # the mathematics is not all of it
    arrangement = Property("arrangement", probing.arrangement.name, probing.arrangement.words, CERTAIN)
    found += [arrangement, several, behaviour.dtypes(probing, fit)]
    if fit.fmt.name != "binary64" and found[-1].value.get("binary64") == "binary64":
        narrow = "binary64 inputs that differ beyond its digits give the same result"
        found.append(Property("computes in", fit.fmt.name, f"{fit.fmt.name}: {narrow}", CERTAIN))
    if "integers" not in probing.arrangement.name and "indices" not in probing.arrangement.name:
        found.append(behaviour.soft_labels(probing, fit))
    else:
        found.append(Property("soft labels", "index", "none: labels are integers, class indices", CERTAIN))
    found += behaviour.extremes(probing, fit, loss)
    broken = behaviour.breakdown(fit, asked)
    found += [broken] if broken else []
    exact = certified(fit, loss, contract, said.factor.value, asked) if loss else None
    against = _own(box) if against is None else against
    compared = agreements(probing, fit, against, box.pool, told)
    identification = replace(
        plain,
        known=True,
        confidence=_confidence(found, best.others, exact),
        loss=loss,
        contract=contract if loss else "",
        properties=tuple(found),
        certified=exact,
        agreements=tuple(compared),
        compared=tuple(source.adapter.name for source in against),
        warnings=tuple(_mistakes(fit, said, several, broken)),
        calls=box.calls,
    )
    return replace(identification, verdict=_verdict(fit, said, several, identification))


def _own(box: Box) -> list[Source]:
    """The reference, and the adapters that have the same framework first and no other."""
    of = box.source.adapter.distributions[:1]
    every = sources((), box.source.python)
    plain = [s for s in every if not s.adapter.only_by_name]
    names = ("reference", box.source.adapter.name)
    return [s for s in plain if s.adapter.distributions[:1] == of or s.adapter.name in names]


def _framework(box: Box) -> str:
    described = box.pool.describe(box.worker("binary32"))
    first = box.source.adapter.distributions[0] if box.source.adapter.distributions else ""
    version = described["versions"].get(first, "")
    return f"{first} {version}".strip() or box.source.adapter.name


def _confidence(found: Sequence[Property], others: Sequence[Fit], exact: Certified | None) -> str:
    decisive = [p for p in found if p.name in ("takes", "labels", "clamp", "label smoothing", "gamma", "reduction")]
    if others or any(p.confidence != CERTAIN for p in decisive):
        return LIKELY
    # What is no cross-entropy at soft labels may be another function that is one at hard labels.
    if any(p.name == "soft labels" and p.value == "other" for p in found):
        return LIKELY
    return CERTAIN


def _nothing() -> str:
    return "None of the known losses: nothing that was tried is within a tenth of what it returns."


def _nearest(fit: Fit, asked: Sequence[Answers]) -> dict[str, object]:
    """The nearest hypothesis, and the probe that parts them."""
    worst, probe = -1.0, None
    for answers in asked:
        usable = np.isin(answers.columns["label"], fit.labels) & clear(fit, answers.columns)
        usable &= np.isfinite(answers.got)
        missed = np.where(usable, misses(fit, answers.columns, answers.got), -1.0)
        if missed.size and float(np.max(missed)) > worst:
            k = int(np.argmax(missed))
            worst = float(missed[k])
            expected = float(fit.predicted(answers.columns)[k])
            probe = Probe(named(answers.columns, k), float(answers.got[k]), expected)
    part = Property("nearest", fit.kind.name, _described(fit, meaning(fit)), LIKELY, probe)
    words = f"None of the known losses; nearest is {_described(fit, meaning(fit))}"
    if probe is not None:
        at = ", ".join(f"{role} {value:g}" for role, value in probe.inputs.items())
        words += f", but at {at} it returns {float(probe.got):.7g}, not {probe.expected:.7g}"
    return {"verdict": words + ".", "properties": (part,)}


def _described(fit: Fit, said: Meaning) -> str:
    """The loss of one element, in words."""
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


def _verdict(fit: Fit, said: Meaning, several: Property, answer: Identification) -> str:
    words = _described(fit, said)
    if fit.roles[0] == "label":
        words += ", labels first"
    if answer.value("soft labels") == "index":
        words += ", labels as class indices"
    if answer.value("clamp") == "unknown":
        words += ", with a clamp that is not among the known"
    if answer.value("computes in") is not None:
        words += f", computed in {answer.value('computes in')}"
    words += {"none": ", no reduction", None: ""}.get(several.value, f", {several.words}")
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


def _mistakes(fit: Fit, said: Meaning, several: Property, broken: Property | None) -> list[str]:
    """What people would not have meant, a sentence each."""
    found = []
    if fit.kind.mistake:
        found.append(fit.kind.mistake[0].upper() + fit.kind.mistake[1:] + ".")
    if said.factor.value < 0:
        found.append("The minus sign is missing: this falls where a loss should grow.")
    if said.factor_words.startswith("1/ln"):
        found.append(f"The factor {said.factor.text} is {said.factor_words}.")
    if said.reversed:
        found.append("The labels are reversed: label 1 rewards a low prediction.")
    if said.twice is not None:
        t = said.twice.text
        found.append(f"Label smoothing {said.smoothing.text} is what {t} amounts to when it is applied twice.")
    if several.value in ("mean divided again", "mean divided by the first axis", "mean over first axis"):
        found.append(f"The reduction is {several.words}.")
    if broken is not None and any(isinstance(row["got"], str) for row in broken.value):
        found.append(f"It breaks down: {broken.words}.")
    return found
