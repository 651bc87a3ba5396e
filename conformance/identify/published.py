"""The table of what identify answers for every entry point of every adapter, as a page: given × answered.

``python -m conformance.identify.published`` measures and prints it; frameworks that are not installed are left out.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from conformance import losses
from conformance.adapter import EntryPoint
from conformance.exact import Exact, rounded_values
from conformance.formats import BINARY32, Format, Values
from conformance.golden import golden
from conformance.identify.box import Box, BoxError
from conformance.identify.certified import documented
from conformance.identify.identification import Identification
from conformance.identify.investigation import identify
from conformance.identify.target import Target, entry_box, entry_id
from conformance.measure import Pool
from conformance.report.progress import working
from conformance.subject import Source, sources

INTRODUCTION = """# What `identify` answers

Each entry point of each built-in adapter was given to `bce-conformance identify` as a function of unnamed arguments.
"Given" is the loss and the contract that the adapter records, "answered" is what probing alone found. Two names of one
function, such as a focal loss with gamma 0 and a plain cross-entropy, count as the same: their certified values are.

This page is written by `python -m conformance.identify.published > docs/IDENTIFY.md`.
"""


PART = 0.01
"""Within this part of it a result counts as that of a hypothesis: more than roundings make, less than clamps do."""


@dataclass(frozen=True)
class Row:
    """One entry point and what was answered.

    Attributes
    ----------
    name : str
        Adapter, path and config.
    loss, contract : str
        What the adapter records: the mathematics, and what the documentation says.
    answer : Identification
    refuted : bool
        Whether the entry point returns what is answered, and not what is recorded: it does not do as documented.
    """

    name: str
    loss: str
    contract: str
    answer: Identification
    refuted: bool = False

    @property
    def right(self) -> bool:
        """Whether the answer is the function that the adapter records."""
        return same(self.loss, self.contract, self.answer.loss, self.answer.contract)


def rows(found: Sequence[Source], pool: Pool) -> Iterator[Row]:
    """Identify every entry point that is installed.

    Parameters
    ----------
    found : sequence of Source
    pool : Pool
    """
    for source in found:
        for entry in source.adapter.entry_points:
            row = row_of(source, entry, pool)
            if row is None:
                break
            yield row


def row_of(source: Source, entry: EntryPoint, pool: Pool) -> Row | None:
    """Identify one entry point; None where it is not installed.

    Parameters
    ----------
    source : Source
    entry : EntryPoint
    pool : Pool
    """
    target, box = entry_box(source, entry, pool)
    if pool.describe(box.worker("binary64"))["status"] != "ok":
        return None
    try:
        answer = identify([(target, box)], ())
    except BoxError as error:
        answer = Identification(target.words, False, "not known", str(error))
    row = Row(entry_id(source.adapter, entry), entry.loss, entry.contract, answer)
    return row if row.right else replace(row, refuted=_refuted(row, target, box))


def _refuted(row: Row, target: Target, box: Box) -> bool:
    """Whether some results are the answer and not the record, and none is the record and not the answer.

    What is neither, as a tail that roundings took, says nothing of the two; where all are both or neither, the row
    counts as wrong.
    """
    if not row.answer.loss or losses.load(row.answer.loss).ARGUMENTS != losses.load(row.loss).ARGUMENTS:
        return False
    arguments = losses.load(row.loss).ARGUMENTS
    columns = dict(zip(arguments, _columns(arguments), strict=True))
    reply = box.call([columns[name] for name in target.arguments], "binary32")
    if not reply.ok or reply.values[0].size != len(columns["label"]):
        return False
    got = reply.values[0].ravel()
    recorded, answered = (
        rounded_values(_values(*names, list(columns.values()), BINARY32), BINARY32)
        for names in ((row.loss, row.contract), (row.answer.loss, row.answer.contract))
    )
    as_recorded, as_answered = (np.isclose(got, value, rtol=PART, atol=0) for value in (recorded, answered))
    return bool((as_answered & ~as_recorded).any() and not (as_recorded & ~as_answered).any())


@cache
def same(loss: str, contract: str, other: str, theirs: str) -> bool:
    """Whether two names are one function, by certified values in every part of the domain.

    Parameters
    ----------
    loss, contract : str
    other, theirs : str
        The other loss and its contract; empty ones are no function.
    """
    if (loss, contract) == (other, theirs):
        return True
    if not other or not theirs:
        return False
    arguments = losses.load(loss).ARGUMENTS
    if arguments != losses.load(other).ARGUMENTS:
        return False
    columns = _columns(arguments)
    first, second = (_values(*names, columns) for names in ((loss, contract), (other, theirs)))
    return all(first.number(k) == second.number(k) for k in range(len(first)))


def _values(loss: str, contract: str, columns: Sequence[Values], fmt: Format | None = None) -> Exact:
    if contract == "exact":
        return golden(loss, "loss", columns).value
    return documented(loss, contract, columns, fmt).value


def _columns(arguments: Sequence[str]) -> list[Values]:
    """Inputs that reach every clamp, for hard labels."""
    near = {
        "logit": (-800.0, -120.0, -40.0, -20.0, -17.0, -3.0, -0.5, 0.25, 2.0, 16.5, 19.0, 50.0, 110.0, 800.0),
        "probability": (0.0, 2.0**-150, *(2.0**-k for k in (30, 24, 22)), 0.125, 0.375, 0.75, 1 - 2.0**-24, 1.0),
    }
    plain = {"rest": 0.5, "rest_probability": 0.25, "pos_weight": 3.0, "weight": 0.75}
    first = near["logit" if "logit" in arguments else "probability"]
    label = np.repeat([0.0, 1.0], len(first))
    moving = np.tile(np.array(first), 2)
    given = {"logit": moving, "probability": moving, "label": label}
    return [given.get(name, np.full(len(label), plain.get(name, 0.0))) for name in arguments]


def page(answered: Iterable[Row]) -> str:
    """The page.

    Parameters
    ----------
    answered : iterable of Row
    """
    every = list(answered)
    right = sum(row.right for row in every)
    other = sum(row.refuted for row in every)
    sure = sum(row.answer.confidence == "certain" for row in every)
    lines = [INTRODUCTION, f"{right} of {len(every)} are named as recorded, and {len(every) - right - other} wrongly."]
    lines += [f"{other} return what is answered, and not what is recorded of them. {sure} answers are certain.", ""]
    lines += ["## Given × answered", "", *_matrix(every), "", "## Every entry point", ""]
    lines += ["| entry point | given | answered | sure | calls |", "|---|---|---|---|---|"]
    lines += [line_of(row) for row in every]
    return "\n".join(lines) + "\n"


def line_of(row: Row) -> str:
    """A row of the page, as Markdown.

    Parameters
    ----------
    row : Row
    """
    named = f"{row.answer.loss}, {row.answer.contract}" if row.answer.loss else row.answer.verdict
    mark = "" if row.right else " (**not as recorded**)" if row.refuted else " (**wrong**)"
    cells = (f"`{row.name}`", f"{row.loss}, {row.contract}", named + mark, row.answer.confidence, str(row.answer.calls))
    return f"| {' | '.join(cells)} |"


def _matrix(every: Sequence[Row]) -> list[str]:
    counts = Counter((_kind(row.loss, row.contract), _answered(row)) for row in every)
    given = sorted({pair[0] for pair in counts})
    answers = sorted({pair[1] for pair in counts})
    lines = [f"| given | {' | '.join(answers)} |", "|---" * (len(answers) + 1) + "|"]
    for kind in given:
        cells = [str(counts[kind, answer] or "·") for answer in answers]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return lines


def _answered(row: Row) -> str:
    if row.right:
        return _kind(row.loss, row.contract)        # by that of two names of one function
    return _kind(row.answer.loss, row.answer.contract) if row.answer.loss else "none of these"


def _kind(loss: str, contract: str) -> str:
    stem, limit = loss.partition("(")[0], contract.partition("(")[0]
    return stem if limit == "exact" else f"{stem}, {limit}"


def main() -> None:
    """Print the page."""
    found = sources()
    total = sum(len(source.adapter.entry_points) for source in found)
    answered = []
    with Pool(2) as pool, working("identify", total) as told:
        for row in rows(found, pool):
            answered.append(row)
            told(row.name)
    sys.stdout.write(page(answered))


if __name__ == "__main__":
    main()
