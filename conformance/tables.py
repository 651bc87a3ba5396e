"""The golden tables on disk: named edge cases, certified, as reviewable text with checksums.

One file a loss, or contract with its documented constants: of a loss with parameters the first of those that are
frozen, as an example to read; of a loss times a weight none. All else is certified when it is asked for.

A line is a case and quantity: the quantity, the inputs as hex floats, the exact value, its scale (``=`` where that
is the value's magnitude), and a short decimal for the reader. Values are keyed by their inputs, not by a dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from conformance import cases, contracts, losses
from conformance.exact import FINITE, INFINITE, NAN, NONE, UNDERFLOW, ZERO, Number, decimal
from conformance.formats import FORMATS
from conformance.losses.parts.weighting import Weighted
from conformance.pairs import Pair, Row, contract_pair, exact_pair
from conformance.seal import sealed

STORED = {"label": 3}
OTHERS = 2
"""Of each argument but the first, the table holds the first so many edges: for labels 0, 1 and 1/2."""

TAGS = {ZERO: "zero", UNDERFLOW: "underflow", INFINITE: "inf", NAN: "nan", NONE: "none"}


def stored_contracts() -> dict[str, str]:
    """Contracts with a table: name with its constant → the loss it deviates from."""
    return {"log_clamped(-100)": "binary_cross_entropy", "clip(1e-7)": "binary_cross_entropy"}


def stored_losses() -> list[str]:
    """Losses with a table: of each file the first that is frozen, but for those that are another times a weight."""
    first = [losses.frozen(stem)[0] for stem in losses.files() if losses.frozen(stem)]
    return [name for name in first if not isinstance(losses.load(name), Weighted)]


def functions() -> dict[str, str]:
    """What has a table: its name → the loss that names its arguments and quantities."""
    return {**{name: name for name in stored_losses()}, **stored_contracts()}


def file_of(name: str) -> str:
    """The file name of a table: ``clip(1e-7)`` is in ``clip_1e-7.tsv``."""
    return name.replace("(", "_").replace(")", "") + ".tsv"


def rows(loss: str) -> Iterator[Row]:
    """The stored inputs of a loss, each once: the edges of every format, ascending.

    Parameters
    ----------
    loss : str
    """
    found: set[Row] = set()
    arguments = losses.load(loss).ARGUMENTS
    reach = np.array([STORED.get(a, OTHERS) for a in arguments])
    for fmt in FORMATS.values():
        edges = cases.build(arguments, fmt.name, "quick")
        kept = (edges.index[:, 1:] < reach[1:]).all(axis=1) & ~np.isnan(edges.values[0])
        found.update(zip(*((v[kept] + 0.0).tolist() for v in edges.values), strict=True))
    return iter(sorted(found))


def length(loss: str) -> int:
    """How many lines a table with a loss's arguments and quantities has.

    Parameters
    ----------
    loss : str
    """
    return len(list(rows(loss))) * len(losses.load(loss).QUANTITIES)


def pair_of(name: str, quantity: str) -> Callable[[Row], Pair]:
    """The certified computation behind a table's lines."""
    if name in stored_losses():
        return exact_pair(name, quantity)
    contract = contracts.load(name, stored_contracts()[name])
    constants = contract.rules.constants(contract.constant, None)
    assert constants is not None  # decimal constants are never vacuous
    return contract_pair(contract, quantity, constants)


def text(name: str, loss: str) -> str:
    """A whole table, computed anew.

    Parameters
    ----------
    name : str
        A loss or contract.
    loss : str
        Whose arguments and quantities it has.
    """
    definition = losses.load(loss)
    lines = ["\t".join(("quantity", *definition.ARGUMENTS, "value", "scale", "decimal"))]
    for quantity in definition.QUANTITIES:
        pair = pair_of(name, quantity)
        for row in rows(loss):
            lines.append(line(quantity, row, pair(row)))
    return "\n".join(lines) + "\n"


def line(quantity: str, row: Row, pair: Pair) -> str:
    """One line of a table."""
    value, scale = pair
    same = scale[2:] == value[2:] and scale.tag == value.tag
    fields = (
        quantity,
        *(v.hex() for v in row),
        written(value),
        "=" if same else written(scale),
        decimal(value, 17),
    )
    return "\t".join(fields)


def written(number: Number) -> str:
    """A Number as text: ``- -57 8000…0 1`` is sign, exponent, significand in hex, sticky bit; or a tag."""
    sign = "-" if number.negative else "+"
    if number.tag != FINITE:
        return f"{sign} {TAGS[number.tag]}"
    return f"{sign} {number.exponent} {number.significand:032x} {int(number.sticky)}"


def parsed(field: str) -> Number:
    """The Number that ``written`` wrote."""
    sign, first, *rest = field.split(" ")
    negative = sign == "-"
    for tag, word in TAGS.items():
        if first == word:
            return Number(tag, negative)
    return Number(FINITE, negative, int(first), int(rest[0], 16), rest[1] == "1")


@cache
def read(name: str) -> dict[tuple[str, Row], Pair]:
    """A stored table, its checksum verified: (quantity, inputs) → value and scale.

    Parameters
    ----------
    name : str
        A loss or contract; one without a table has no entries.

    Raises
    ------
    GoldenError
        When the file is missing, or is not what the manifest says.
    """
    if name not in functions():
        return {}
    raw = sealed(file_of(name))
    found: dict[tuple[str, Row], Pair] = {}
    for entry in raw.splitlines()[1:]:
        quantity, *inputs, value, scale, _ = entry.split("\t")
        number = parsed(value)
        magnitude = number._replace(negative=False) if scale == "=" else parsed(scale)
        found[quantity, tuple(map(float.fromhex, inputs))] = number, magnitude
    return found
