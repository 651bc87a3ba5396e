"""The questions in order: search, then everything that follows from what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from conformance import contracts
from conformance.identify import behaviour
from conformance.identify.agreement import agreements
from conformance.identify.box import Box, Deadly
from conformance.identify.certified import certified
from conformance.identify.denominators import reduction
from conformance.identify.evidence import named_answers
from conformance.identify.fit import Fit
from conformance.identify.held import parting
from conformance.identify.identification import (
    CERTAIN,
    LIKELY,
    UNKNOWN,
    Identification,
    Property,
)
from conformance.identify.meaning import contract_name, loss_name, meaning
from conformance.identify.mistakes import Answered, mistakes
from conformance.identify.probing import Answers
from conformance.identify.properties import exceptions, properties
from conformance.identify.search import Found, search
from conformance.identify.target import Target
from conformance.identify.verdict import described, verdict
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
        said = f"It ends its process or hangs when it is called ({deadly})."
        return Identification(target.words, False, CERTAIN, said, framework=_framework(box), calls=box.calls)


def _answer(target: Target, best: Found, against: Sequence[Source] | None, told: Told) -> Identification:
    probing, fit = best.probing, best.fit
    box = probing.box
    plain = Identification(target.words, False, UNKNOWN, "", framework=_framework(box))
    if fit is None:
        return replace(plain, verdict=best.why or NOTHING, calls=box.calls)
    asked = named_answers(probing.asked, fit.roles)
    said = meaning(fit)
    if not best.known:
        return replace(plain, **_nearest(fit, asked), calls=box.calls)  # type: ignore[arg-type]
    loss, contract = loss_name(fit, said), contract_name(fit)
    if not (loss and contract) or (contract != "exact" and not contracts.speaks(contract, loss)):
        loss = contract = ""
    told("behaviour")
    wide = not target.adapter and probing.arrangement.name in ("vectors", "columns")
    several = reduction(probing, fit, wide)
    found = [*properties(fit, said, asked, best.symmetric, best.others), *exceptions(fit, asked)]
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
        confidence=CERTAIN if _sure(found, best.others) else LIKELY,
        loss=loss,
        contract=contract if loss else "",
        properties=tuple(found),
        certified=exact,
        agreements=tuple(compared),
        compared=tuple(source.adapter.name for source in against),
        warnings=mistakes(Answered(fit, said, several, broken)),
        calls=box.calls,
    )
    return replace(identification, verdict=verdict(fit, said, several, identification))


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


DECISIVE = ("takes", "labels", "clamp", "label smoothing", "gamma", "reduction")
"""Properties of which an answer is no surer than the least sure one."""


def _sure(found: Sequence[Property], others: Sequence[Fit]) -> bool:
    """Whether every decisive property is certain, there is no exception, and no other hypothesis is left."""
    if any(p.name == "exception" for p in found):
        return False
    # What is no cross-entropy at soft labels may be another function that is one at hard labels.
    other = any(p.name == "soft labels" and p.value == "other" for p in found)
    return not (others or other or any(p.confidence != CERTAIN for p in found if p.name in DECISIVE))


NOTHING = "None of the known losses: nothing that was tried is within a tenth of what it returns."


def _nearest(fit: Fit, asked: Sequence[Answers]) -> dict[str, object]:
    """The nearest hypothesis, and the probe that parts them."""
    probe = parting(fit, asked)
    near = described(fit, meaning(fit))
    part = Property("nearest", fit.kind.name, near, LIKELY, probe)
    words = f"None of the known losses; nearest is {near}"
    if probe is not None:
        at = ", ".join(f"{role} {value:g}" for role, value in probe.inputs.items())
        words += f", but at {at} it returns {float(probe.got):.7g}, not {probe.expected:.7g}"
    return {"verdict": words + ".", "properties": (part,)}
