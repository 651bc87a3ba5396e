"""What entry points document, as exact functions; one file a contract, the file's name is the contract's.

A contract name may carry its constant, ``clip(1e-7)``. A contract file states, for one loss:

``CLAUSES``
    What is documented, each clause with its source and its words.
``constants(text, fmt)``
    The constants in exact rationals: as the documentation writes them (``fmt`` None), or rounded to the
    compute dtype in source order; None where that rounding makes the contract vacuous.
``variants(quantity, text, target)``
    The verdicts it can earn for a quantity, each with its constants, in the order of judging.
``value(quantity, arguments, constants, precision, outer)``
    Value and scale as Arb enclosures, or a Number; ``outer`` picks the side at a kink.
``kinks(quantity, arguments, constants)``
    Whether the two one-sided derivatives differ at this input.
``definition(mp, quantity, constants, *arguments)``
    The same function in mpmath, for reading and review.
``computed(quantity, arguments)``
    Whether the definition covers these inputs; NaN, and what the contract is silent on, it does not.
``raises(columns)``
    Which cases the documentation says raise, or None.
``unchanged(quantity, columns, constants)``
    Optional: the cases of which it says what mathematics says, so that nothing has to be certified twice. For any other
    arguments these are the numbers between two values of the first one.
``alike(quantity, columns, constants)``
    Optional: cases of which it says the same as of these, as few different ones as it knows of.
``oracle(quantity, columns, constants)``
    Optional, what a sweep needs where a contract is neither: value and scale as estimates, as those of a loss. NaN
    where it leaves the case to certified values; None where it leaves them all. At no kink it has an answer.
``LOSS``
    The loss the file itself speaks of, empty where ``of`` says all; left out, it speaks of every loss alike.
``of(loss)``
    Where it speaks of other losses too: an object that states the same of one, or None.

A loss with weights or smoothed labels inherits the contract of the plain one.

A sweep judges a run of equal results by its ends. So that this holds under the hard labels, a contract parts from the
mathematics at most once in a binade of the first argument, becomes zero or changes its sign at most once, and value and
derivative are monotone between these places. What is ``unchanged`` begins or ends at most once in a binade, whatever
the label. A test holds every contract that spares a sweep something to this.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Protocol

from flint import fmpq

from conformance import losses
from conformance.certify import Sum
from conformance.exact import Number
from conformance.formats import Format, Mask, Values
from conformance.losses import Argument, Loss
from conformance.losses.parts.smoothing import Smoothed
from conformance.losses.parts.weighting import Weighted
from conformance.parameters import split

Constants = tuple[fmpq, ...]
Variants = tuple[tuple[str, Constants], ...]


@dataclass(frozen=True)
class Clause:
    """One sentence of a documentation, or one line of source.

    Attributes
    ----------
    entry_point : str
        Whose, a glob over import paths.
    quantity : str
        The quantity it speaks of (forward and backward are separate clauses), or ``domain`` or ``dtype``.
    documented : bool
        False where only the public source says so.
    source, quote : str
        The page or source line, and its words.
    """

    entry_point: str
    quantity: str
    documented: bool
    source: str
    quote: str


class Rules(Protocol):
    """What a contract file provides."""

    @property
    def CLAUSES(self) -> tuple[Clause, ...]: ...
    def constants(self, text: str, fmt: Format | None) -> Constants | None: ...
    def variants(self, quantity: str, text: str, target: Format) -> Variants: ...
    def value(
        self, quantity: str, arguments: tuple[Argument, ...], constants: Constants, precision: int, outer: bool
    ) -> tuple[Sum, Sum] | Number: ...
    def kinks(self, quantity: str, arguments: tuple[Argument, ...], constants: Constants) -> bool: ...
    def definition(self, mp: Any, quantity: str, constants: Any, *arguments: Any) -> Any: ...
    def computed(self, quantity: str, arguments: tuple[Argument, ...]) -> bool: ...
    def raises(self, columns: Mapping[str, Values]) -> Mask | None: ...


@dataclass(frozen=True)
class Contract:
    """A contract with its constant.

    Attributes
    ----------
    name : str
        ``clip(1e-7)``.
    constant : str
        ``1e-7``, as the documentation writes it; empty where there is none.
    rules : Rules
    loss : str
        Of which loss it speaks.
    """

    name: str
    constant: str
    rules: Rules
    loss: str

    def clauses(self, entry_point: str) -> list[Clause]:
        """The clauses of an entry point."""
        return [c for c in self.rules.CLAUSES if fnmatchcase(entry_point, c.entry_point)]


def names() -> list[str]:
    """The contracts' names, without constants."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg)


@cache
def load(name: str, loss: str) -> Contract:
    """A contract by its name, with or without a constant in brackets, of a loss.

    Parameters
    ----------
    name : str
    loss : str
        Its name.

    Raises
    ------
    KeyError
        With one sentence, when there is no such contract, or it says nothing of the loss.
    """
    stem, constant = split(name) or ("", "")
    if stem not in names():
        raise KeyError(f"there is no contract {name!r}; known are {', '.join(names())}")
    file: Any = importlib.import_module(f"{__name__}.{stem}")
    return Contract(name, constant, bound(file, losses.load(loss)), loss)


def speaks(name: str, loss: str) -> bool:
    """Whether there is such a contract, and it says something of the loss.

    Parameters
    ----------
    name : str
    loss : str
        Its name.
    """
    try:
        load(name, loss)
    except KeyError:
        return False
    return True


def bound(file: Any, loss: Loss) -> Rules:
    """The rules of a contract for a loss; a weight or a smoothed label is the same for every contract.

    Parameters
    ----------
    file : module
        Of the contract.
    loss : Loss
    """
    from conformance.contracts.parts import inherited  # made of rules, so it imports this module

    if isinstance(loss, Weighted):
        return inherited.Weighted(bound(file, loss.loss))
    if isinstance(loss, Smoothed):
        return inherited.Smoothed(bound(file, loss.loss), loss)
    plain = getattr(file, "LOSS", None)
    if plain is None or (plain and loss is losses.load(plain)):
        own: Rules = file
        return own
    other: Rules | None = file.of(loss) if hasattr(file, "of") else None
    if other is None:
        raise KeyError(f"{file.__name__} says nothing of a loss of {', '.join(loss.ARGUMENTS)}")
    return other


def earned(kind: str, *several: Constants | None) -> Variants:
    """One verdict with each set of constants, those that are vacuous or there already left out.

    Parameters
    ----------
    kind : str
        ``documented``, ``documented-rounded`` or ``by-source``.
    *several : tuple of fmpq, or None
    """
    distinct = dict.fromkeys(c for c in several if c is not None)
    return tuple((kind, constants) for constants in distinct)


def rounded(value: fmpq, fmt: Format) -> fmpq:
    """A rational rounded to a format once, to nearest, ties to even.

    Parameters
    ----------
    value : fmpq
    fmt : Format
    """
    from conformance.exact import number_of_ratio, pack, round_to
    from conformance.formats import to_float64

    exact = pack([number_of_ratio(int(value.p), int(value.q))])
    return fmpq(*float(to_float64(round_to(exact, fmt), fmt)[0]).as_integer_ratio())
