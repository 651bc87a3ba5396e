"""What came of one call, and the verdict on it: against what is documented, and against another mode. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from conformance.adapter import LACKS
from conformance.behaviour.promises import ACCEPTS, EXCLUDES, RAISES, Documented
from conformance.formats import FORMATS, Values, to_float64
from conformance.job import Observation

DELIVERED = "ok"
RAISED = "raised"
UNSUPPORTED = "unsupported"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one call.

    Attributes
    ----------
    status : str
        ``ok``, ``raised``, or why there is no answer: ``unsupported``, ``crashed``, ...
    message : str
        What was raised.
    dtype : str
        Of the result.
    shape : tuple of int
    values : ndarray of float64, or None
        Of that shape; None where the dtype is none of ours.
    """

    status: str
    message: str = ""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    values: Values | None = None

    @property
    def error(self) -> str:
        """The type of what was raised."""
        return re.split(r"[:(]", self.message, maxsplit=1)[0].strip()

    @property
    def words(self) -> str:
        """``binary32 (7, 7)``, ``ValueError``, ``crashed``."""
        if self.status == DELIVERED:
            return f"{self.dtype} {self.shape}"
        return self.error if self.status == RAISED else self.status

    @property
    def fact(self) -> str:
        """The same, with what was raised in full."""
        return self.words if self.status == DELIVERED else self.message or self.status


def outcome(observation: Observation) -> Outcome:
    """The outcome of a job without cases; of a derivative, its last order."""
    if observation.status != DELIVERED:
        return Outcome(observation.status, observation.message)
    bits, dtype = observation.outputs[-1], observation.dtypes[-1]
    values = to_float64(bits, FORMATS[dtype]) if dtype in FORMATS else None
    return Outcome(DELIVERED, "", dtype, bits.shape, values)


@dataclass(frozen=True)
class Off:
    """How far the values are from those that are due.

    Attributes
    ----------
    error : float or None
        In ULPs; infinite where a NaN or an infinity came back, None where no values are due.
    bound : float
        From where on they are other values.
    broadcast : bool
        Whether they are those of every prediction with every label, or means of them: its shape need not show it.
    """

    error: float | None = None
    bound: float = math.inf
    broadcast: bool = False


@dataclass(frozen=True)
class Inputs:
    """What a call was given.

    Attributes
    ----------
    prediction, label : tuple of int
        Shapes.
    elements : int
        Of the largest argument.
    dtype : str
        The prediction's.
    """

    prediction: tuple[int, ...]
    label: tuple[int, ...]
    elements: int
    dtype: str


def verdict(said: Documented, inputs: Inputs, got: Outcome, off: Off) -> str:
    """The verdict on what came of a call, by itself.

    Parameters
    ----------
    said : Documented
    inputs : Inputs
    got : Outcome
    off : Off
    """
    refused = said.says in (EXCLUDES, RAISES)
    if got.status == RAISED or (refused and _refusal(got)):
        named = not said.errors or got.error in said.errors
        if refused and named:
            return "raised-documented"
        return "raised" if said.says else "undocumented"
    if got.status != DELIVERED:
        return got.status
    if said.says == RAISES:
        return "not-raised"
    if math.prod(got.shape) > max(inputs.elements, 1) or off.broadcast:
        return "wrong-shape"
    if said.says == EXCLUDES:
        return "undocumented"
    if said.shape and got.shape != due_shape(said, inputs):
        return "wrong-shape"
    if said.dtype and got.dtype != due_dtype(said, inputs):
        return "wrong-dtype"
    if off.error is not None and off.error > off.bound:
        return "beyond-limit" if math.isfinite(off.error) else "wrong-class"
    return "documented" if said.says == ACCEPTS else "undocumented"


def _refusal(got: Outcome) -> bool:
    """Whether an unsupported call raised, and not because this release lacks a name, or all of the framework."""
    missing = re.search(LACKS + "|^(Import|ModuleNotFound)Error", got.message)
    return got.status == UNSUPPORTED and not missing and re.match(r"\w+(Error|Exception)\b", got.message) is not None


def differs(first: Outcome, got: Outcome) -> bool:
    """Whether two modes differ in whether they raise, or in dtype or shape; what gives no answer differs from nothing.

    A call that the first mode refuses as unsupported, and that another mode delivers, is a difference too.
    """
    if got.status == DELIVERED:
        return first.status in (RAISED, UNSUPPORTED) or (
            first.status == DELIVERED and (first.dtype, first.shape) != (got.dtype, got.shape)
        )
    return got.status == RAISED and first.status == DELIVERED


def due_shape(said: Documented, inputs: Inputs) -> tuple[int, ...]:
    """The documented shape of a result."""
    return {"prediction": inputs.prediction, "labels": inputs.label, "rows": inputs.prediction[:-1]}[said.shape]


def due_dtype(said: Documented, inputs: Inputs) -> str:
    """The documented dtype of a result."""
    return inputs.dtype if said.dtype == "prediction" else said.dtype


def promised(said: Documented, inputs: Inputs) -> str:
    """What is documented, in words: ``binary32 (7,)``, ``ValueError``, ``excluded``."""
    if said.says == RAISES:
        return " or ".join(said.errors) or "an error"
    if said.says == EXCLUDES:
        return "excluded"
    parts = [due_dtype(said, inputs)] if said.dtype else []
    parts += [str(due_shape(said, inputs))] if said.shape else []
    return " ".join(parts) or ("a result" if said.says else "silent")
