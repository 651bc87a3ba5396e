"""What a script may print: numbers by their digits, an exception, or the exact values of a loss. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

from conformance import contracts
from conformance.exact import FINITE, INFINITE, NAN, NONE, Number, decimal, number_of_ratio, pack
from conformance.formats import FORMATS, Format, rounded
from conformance.limits import limit
from conformance.pairs import Pair, contract_pair, exact_pair
from conformance.ulp import ulp_error, ulp_exponent

ANY, FINITE_NUMBER = "*", "finite"
"""Texts that stand for any value, and for any finite one."""

DIGITS = 9
"""Of a value in a line of text."""

ROOM = 80
"""Characters of an error in a line of text."""

Row = tuple[float, ...]


@dataclass(frozen=True)
class Seen:
    """What a script did.

    Attributes
    ----------
    values : tuple of float
        All that it printed, flat.
    formats : tuple of Format
        What each value came in.
    raised : str
        ``Type: message`` where it raised.
    """

    values: tuple[float, ...] = ()
    formats: tuple[Format, ...] = ()
    raised: str = ""

    @property
    def words(self) -> str:
        """In a line: the values, or what was raised."""
        if self.raised:
            return self.raised if len(self.raised) <= ROOM else self.raised[: ROOM - 1] + "…"
        return _listed([f"{value:.{DIGITS}g}" for value in self.values])


@dataclass(frozen=True)
class Texts:
    """Numbers as somebody wrote them down.

    Attributes
    ----------
    texts : tuple of str
        Decimals, ``nan``, ``inf``, ``-inf``, ``finite`` or ``*``; one stands for any number of values.
    """

    texts: tuple[str, ...]

    def fits(self, seen: Seen) -> bool:
        """Whether every value is the one written, within a unit of its last digit; zero is zero."""
        if seen.raised or not seen.values:
            return False
        texts = self.texts * len(seen.values) if len(self.texts) == 1 else self.texts
        return len(texts) == len(seen.values) and all(map(_agrees, texts, seen.values))

    @property
    def words(self) -> str:
        """In a line."""
        return _listed(list(self.texts)).replace(ANY, "another value")


@dataclass(frozen=True)
class Raises:
    """An exception.

    Attributes
    ----------
    pattern : str
        A regular expression found in ``Type: message``.
    """

    pattern: str

    def fits(self, seen: Seen) -> bool:
        """Whether such an exception was raised."""
        return bool(seen.raised) and re.search(self.pattern, seen.raised) is not None

    @property
    def words(self) -> str:
        """In a line."""
        return "an error"


@dataclass(frozen=True)
class Exactly:
    """The certified values of a loss, or what a contract makes of it.

    Attributes
    ----------
    loss, contract : str
        Of the contract's constants the decimal ones; without a contract, mathematics.
    quantities : tuple of str
        In this order, each at all rows.
    rows : tuple of tuple of float
        The loss's arguments.
    dtype : str
        What they are rounded to first.
    mean : bool
        One mean of all rows, a quantity each.
    divided : int
        Of a derivative of a mean: by how many.
    """

    loss: str
    quantities: tuple[str, ...]
    rows: tuple[Row, ...]
    contract: str = ""
    dtype: str = "binary32"
    mean: bool = False
    divided: int = 1

    def fits(self, seen: Seen) -> bool:
        """Whether every value is within the limit of its loss, quantity and format, and of the reduction."""
        due = self.due()
        if seen.raised or len(due) != len(seen.values):
            return False
        return all(
            _near(pair, value, fmt, self._bound(quantity, fmt))
            for (quantity, pair), value, fmt in zip(due, seen.values, seen.formats, strict=True)
        )

    def due(self) -> list[tuple[str, Pair]]:
        """Each quantity with its value and scale, in the order of the values."""
        rows = [tuple(float(v) for v in rounded(np.array(row), FORMATS[self.dtype])) for row in self.rows]
        found = []
        for quantity in self.quantities:
            pairs = [self._pair(quantity, row) for row in rows]
            groups, divisor = [[pair] for pair in pairs], self.divided
            if self.mean:
                groups, divisor = [pairs], len(pairs)
            found += [(quantity, _mean(group, divisor) if divisor > 1 else group[0]) for group in groups]
        return found

    @property
    def words(self) -> str:
        """In a line."""
        return _listed([decimal(value, DIGITS) for _, (value, _) in self.due()])

    def _pair(self, quantity: str, row: Row) -> Pair:
        if not self.contract:
            return exact_pair(self.loss, quantity)(row)
        contract = contracts.load(self.contract, self.loss)
        constants = contract.rules.constants(contract.constant, None)
        return contract_pair(contract, quantity, constants or ())(row)

    def _bound(self, quantity: str, fmt: Format) -> float:
        steps = math.ceil(math.log2(len(self.rows))) + 8 if self.mean else 0
        return limit(self.loss, quantity, fmt) + steps + (self.divided > 1)


Wanted = Texts | Raises | Exactly


def number(text: str) -> bool:
    """Whether a text is one that `Texts` may hold."""
    try:
        return text in (ANY, FINITE_NUMBER) or not Decimal(text).is_snan()
    except InvalidOperation:
        return False


def _agrees(text: str, value: float) -> bool:
    if text == ANY:
        return True
    if text == FINITE_NUMBER:
        return math.isfinite(value)
    due = Decimal(text)
    if not due.is_finite() or due == 0 or not math.isfinite(value):
        return math.isnan(value) if due.is_nan() else value == float(due)
    exponent = due.as_tuple().exponent
    assert isinstance(exponent, int)  # a finite one
    return abs(Decimal(value) - due) <= Decimal(1).scaleb(exponent)


def _near(pair: Pair, value: float, fmt: Format, bound: float) -> bool:
    number, scale = pair
    if number.tag == NAN:
        return math.isnan(value)
    if number.tag == INFINITE:
        return value == (-math.inf if number.negative else math.inf)
    exact = pack([number])
    error = ulp_error(np.array([value]), exact, ulp_exponent(pack([scale]), fmt), fmt)[0]
    return bool(error <= bound)


def _mean(pairs: list[Pair], divisor: int) -> Pair:
    """The sum of exact values over a divisor, and that of their scales' magnitudes."""
    values, scales = zip(*pairs, strict=True)
    return _sum(values, divisor), _sum([scale._replace(negative=False) for scale in scales], divisor)


def _sum(numbers: Sequence[Number], divisor: int) -> Number:
    """Infinities and NaNs as a sum has them."""
    tags = {n.tag for n in numbers}
    infinite = {n.negative for n in numbers if n.tag == INFINITE}
    if tags & {NAN, NONE} or len(infinite) > 1:
        return Number(NAN)
    if infinite:
        return Number(INFINITE, infinite.pop())
    total = sum(map(_fraction, numbers), Fraction(0)) / divisor
    return number_of_ratio(total.numerator, total.denominator)


def _fraction(number: Number) -> Fraction:
    if number.tag != FINITE:
        return Fraction(0)
    magnitude = number.significand * Fraction(2) ** (number.exponent - 127)
    return -magnitude if number.negative else magnitude


def _listed(texts: list[str], most: int = 4) -> str:
    """Texts in a line: one where all are the same, and not more than a few."""
    if len(set(texts)) == 1:
        return texts[0]
    return ", ".join(texts[:most]) + (", …" if len(texts) > most else "")
