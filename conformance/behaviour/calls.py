"""How an entry point is called with arrays as users have them. Pure.

The measured text gives each case a row of its own, or writes its row of classes; here arrays go in as they are.
Configs of one entry point whose calls look alike share one: what happens to shapes and dtypes is the call's.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance import losses
from conformance.adapter import Adapter, EntryPoint
from conformance.behaviour.promises import Form, forms
from conformance.cases import TIERS

PREDICTION, LABEL = "prediction", "label"
PREDICTIONS = ("logit", "probability")
WEIGHTS = ("pos_weight", "weight")

BINARY, SIGNS, INDICES, DISTRIBUTIONS = "binary", "signs", "indices", "distributions"
"""What labels are: between 0 and 1; -1 or 1; class indices; a distribution over the classes, in rows."""

ROWS = (INDICES, DISTRIBUTIONS)


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes
    ----------
    entry : EntryPoint
        The one that stands for all whose calls look alike.
    code : str
        The expression, as `EntryPoint.code`.
    arguments : tuple of str
        Prediction, label and perhaps a weight, by the names that the expression has.
    targets : str
        ``binary``, ``signs``, ``indices`` or ``distributions``.
    alone : bool
        False where the same entry point is called without the weight too: then the weight alone is of interest.
    index : str
        The dtype of the labels where they are indices.
    """

    entry: EntryPoint
    code: str
    arguments: tuple[str, ...]
    targets: str = BINARY
    alone: bool = True
    index: str = ""

    @property
    def prediction(self) -> str:
        """The name of the first argument."""
        return self.arguments[0]

    @property
    def weight(self) -> str:
        """The name of the weight, or nothing."""
        return next((argument for argument in self.arguments if argument in WEIGHTS), "")

    def expression(self, config: Mapping[str, Any]) -> str:
        """The expression, with static arguments changed or added.

        Parameters
        ----------
        config : mapping
        """
        added = {key: value for key, value in config.items() if key not in self.entry.config}
        code = self.code.replace("{more}", "".join(f", {key}={value!r}" for key, value in added.items()))
        return replace(self.entry, code=code, config={**self.entry.config, **config}).expression()


def calls(adapter: Adapter) -> list[Call]:
    """The calls of an adapter, one for all configs of an entry point that are called alike.

    Parameters
    ----------
    adapter : Adapter
        An entry point whose arguments its expression computes first (a composition) has no call of its own.
    """
    found: dict[tuple[str, str], Call] = {}
    for entry in sorted(adapter.entry_points, key=lambda e: TIERS.index(e.tier)):
        call = _stated(entry) or _derived(entry)
        if call is not None:
            found.setdefault((entry.path, call.code + call.targets), call)
    plain = {call.entry.path for call in found.values() if not call.weight}
    return [replace(call, alone=not (call.weight and call.entry.path in plain)) for call in found.values()]


def _stated(entry: EntryPoint) -> Call | None:
    """The call that a promise file states."""
    form: Form | None = next((f for f in forms() if f.fits(entry)), None)
    if form is None:
        return None
    return Call(entry, form.code, (PREDICTION, LABEL), form.targets, index=form.index * (form.targets == INDICES))


def _derived(entry: EntryPoint) -> Call | None:
    """The measured expression without the axis it adds, where it hands its arguments over as they are."""
    arguments = tuple(losses.load(entry.loss).ARGUMENTS)
    known = arguments[0] in PREDICTIONS and arguments[1] == LABEL and set(arguments[2:]) <= set(WEIGHTS)
    if not known or "composed" in entry.config:
        return None
    code = entry.code.replace("[:, None]", "").replace("[..., None]", "")
    if not all(_bare(replace(entry, code=code).expression(), argument) for argument in arguments):
        return None
    return Call(entry, code, arguments)


def _bare(expression: str, argument: str) -> bool:
    """Whether an argument occurs once, and that as it is: given to the outermost call, or to what makes a loss."""
    tree = ast.parse(expression, mode="eval").body
    given: list[ast.expr] = []
    call = tree
    while isinstance(call, ast.Call):
        given += [*call.args, *(k.value for k in call.keywords)]
        call = call.func
    named = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == argument]
    return len(named) == 1 and named[0] in given
