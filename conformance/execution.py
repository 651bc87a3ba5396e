"""Run one job on a loaded adapter, in the worker. CPython 3.7 to 3.14, standard library and numpy."""

import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from conformance.adapter import STORAGE, Adapter, Unsupported, sentence
from conformance.loaded import Call, Failure, Loaded, built, dated, exhausted, program

SAMPLE = 32
"""When a batch raises, this many cases are tried alone first: if all raise, all are taken to raise."""

Rows = List[Tuple[np.ndarray, str]]
"""What one call returned: per order, the bits and the dtype."""


@dataclass
class Result:
    """What an observation carries back."""

    status: str = "ok"
    message: str = ""
    text: str = ""
    seconds: float = 0.0
    dtypes: List[str] = field(default_factory=list)
    outputs: List[np.ndarray] = field(default_factory=list)
    raised: Dict[int, str] = field(default_factory=dict)
    again: List[np.ndarray] = field(default_factory=list)


def observe(loaded: Loaded, job: Dict[str, Any], inputs: Sequence[np.ndarray]) -> Result:
    """Run a job: the batch in one call, the cases that run alone one by one; an unexpected raise is bisected.

    Parameters
    ----------
    loaded : Loaded
        The adapter.
    job : dict
        The header: entry_point, config, code, arguments, steps, mode, dtype, alone (indices), prepare, length,
        free, windows, script, timeout.
    inputs : sequence of arrays
        Bits of each argument, equal lengths.

    Returns
    -------
    Result
        With a status other than "ok" there are no outputs.
    """
    result = Result()
    try:
        result.text = program(loaded, job)
        batch = Batch(loaded.adapter, built(loaded, job, result.text), job, inputs)
        if job["free"]:
            _call(result, batch)
        elif job["windows"]:
            _windows(result, batch, len(inputs[0]))
        else:
            _fill(result, batch, job, len(inputs[0]))
    except Failure as failure:
        result.status, result.message = failure.status, failure.message
    except Unsupported as error:
        native = loaded.adapter.names.get(job["dtype"], "")
        result.status, result.message = "unsupported", dated(loaded, str(error), result.text, native)
    except BaseException as error:                          # a broken text, or SystemExit while building
        result.status = "out-of-memory" if exhausted(error) else "raised"
        result.message = sentence(error)
    if result.status != "ok":
        result.outputs, result.dtypes, result.again = [], [], []
    return result


def expanded(first: int, step: int, count: int, dtype: str) -> np.ndarray:
    """The bit patterns of a span, as the unsigned integers of a dtype."""
    if not step:
        return np.full(count, first, STORAGE[dtype])
    number = np.dtype(STORAGE[dtype]).type
    counted = np.arange(count, dtype=np.uint32).astype(STORAGE[dtype], copy=False)
    patterns: np.ndarray = counted * number(step) + number(first)
    return patterns


class Batch:
    """One program on any part of the cases of a job."""

    def __init__(
        self, adapter: Adapter, call: Call, job: Dict[str, Any], inputs: Sequence[np.ndarray]
    ) -> None:
        self.adapter, self.call, self.job, self.inputs = adapter, call, job, inputs
        self.seconds = 0.0

    def run(self, cases: Optional[np.ndarray]) -> Rows:
        """One call on these cases, or on all; `seconds` is its time, with the reading: some return early."""
        chosen = [bits if cases is None else bits[cases] for bits in self.inputs]
        if self.job["length"]:
            length = self.job["length"]
            chosen = [np.tile(bits, -(-length // len(bits)))[:length] for bits in chosen]
        natives = {name: self._native(name, bits) for name, bits in zip(self.job["arguments"], chosen)}
        for name, expression in self.job["prepare"]:
            natives[name] = eval(expression, dict(self.adapter.ns, **natives))
        start = time.perf_counter()
        outputs = self.call(*natives.values())
        if len(outputs) != min(2, 1 + len(self.job["steps"])) and not self.job["script"]:
            raise Failure("wrong-shape", f"the call returned {len(outputs)} results")
        if outputs[0] is None:
            raise Failure("wrong-shape", "the call returned None")
        rows = [self._checked(*self.adapter.read(y)) for y in outputs]
        self.seconds = time.perf_counter() - start
        if self.job["free"]:
            return rows
        for order, (bits, _) in enumerate(rows, len(self.job["steps"]) + 1 - len(rows)):
            shape = self._shape(order, chosen)
            if bits.shape != shape:
                raise Failure("wrong-shape", f"order {order} has the shape {bits.shape} instead of {shape}")
        return rows

    def _native(self, name: str, bits: np.ndarray) -> Any:
        """The native array of one input, read back: one changed bit fails the job."""
        try:
            native = self.adapter.make(bits, self.job["dtype"])
            back, dtype = self.adapter.read(native)
        except Exception as error:
            status = "out-of-memory" if exhausted(error) else "raised"
            raise Failure(status, f"make of {name} raised {sentence(error)}") from error
        wanted = self.job["dtype"]
        if dtype != wanted or back.shape != bits.shape or back.dtype != bits.dtype:
            raise Failure("raised", f"make gave {dtype} {back.shape} for {name}, not {wanted} {bits.shape}")
        if not np.array_equal(back, bits):
            first = np.argmax(back.ravel() != bits.ravel())
            was, became = bits.ravel()[first], back.ravel()[first]
            raise Failure("raised", f"make changed an input: {name} {was:#x} became {became:#x}")
        return native

    def _shape(self, order: int, chosen: Sequence[np.ndarray]) -> Tuple[int, ...]:
        """The loss is a number a case; a derivative has the shape of what it is by."""
        if order == 0:
            return (len(chosen[0]),)
        x = self.job["steps"][order - 1][1]
        return chosen[list(self.job["arguments"]).index(x)].shape

    @staticmethod
    def _checked(bits: np.ndarray, dtype: str) -> Tuple[np.ndarray, str]:
        """Bits that do not fit the dtype they claim to be get another name, which no format has."""
        stored = STORAGE.get(dtype)
        return bits, dtype if stored in (None, bits.dtype.name) else f"{bits.dtype.name} called {dtype}"


def _call(result: Result, batch: Batch) -> None:
    """Fill a result from one call without cases."""
    rows, message = _attempt(batch, None)
    if rows is None:
        raise Failure("raised", message)
    result.seconds = batch.seconds
    result.outputs, result.dtypes = [bits for bits, _ in rows], [dtype for _, dtype in rows]


def _windows(result: Result, batch: Batch, count: int) -> None:
    """Fill a result from a call for each window. Cases that raise are left out, and all windows asked again."""
    kept, called = np.arange(count), []                     # type: Tuple[np.ndarray, List[Rows]]
    while len(called) < len(batch.job["windows"]):
        start, length = batch.job["windows"][len(called)]
        rows, message = _attempt(batch, kept[np.arange(start, start + length) % len(kept)])
        if rows is not None:
            called.append(rows)
            result.seconds += batch.seconds
        elif result.raised:
            raise Failure("raised", f"{length} inputs from number {start} on: {message}")
        else:
            result.raised = _raising(batch, kept, message, batch.job["timeout"] / 2)
            kept, called = np.setdiff1d(kept, list(result.raised)), []
            if not len(kept):
                result.status, result.message = "raised", message
                return
    for order in zip(*called):
        result.dtypes.append(" or ".join(dict.fromkeys(dtype for _, dtype in order)))
        if len({bits.dtype for bits, _ in order}) > 1:
            raise Failure("raised", f"the lengths differ in the dtype of the result: {result.dtypes[-1]}")
        result.outputs.append(np.concatenate([bits for bits, _ in order]))


def _fill(result: Result, batch: Batch, job: Dict[str, Any], count: int) -> None:
    """Fill a result from one batch, and from the cases that run alone."""
    alone = np.asarray(job["alone"], np.int64)
    mask = np.ones(count, bool)
    mask[alone] = False
    together = np.flatnonzero(mask) if len(alone) else np.arange(count)
    whole = None if not len(alone) else together            # no copy of the inputs where nothing runs alone
    if len(together) or not count:
        rows, message = _attempt(batch, whole)
        if rows is None:
            result.raised.update(_raising(batch, together, message, job["timeout"] / 2))
            mask[list(result.raised)] = False
            together = np.flatnonzero(mask)
            if len(together):                               # one batch again, without the raising
                rows, message = _attempt(batch, together)
                if rows is None:
                    raise Failure("raised", f"cases raise together that do not raise apart: {message}")
        if rows is not None:
            result.seconds += batch.seconds
            _place(result, rows, together, count)
            if job["rotation"]:
                _repeat(result, batch, np.roll(together, job["rotation"]))
    for case in alone:
        rows, message = _attempt(batch, np.asarray([case]))
        if rows is None:
            result.raised[int(case)] = message
        else:
            result.seconds += batch.seconds
            _place(result, rows, np.asarray([case]), count)
    if count and len(result.raised) == count:
        result.status, result.message = "raised", result.raised[min(result.raised)]


def _attempt(batch: Batch, cases: Optional[np.ndarray]) -> Tuple[Optional[Rows], str]:
    """The rows of one call, or what it raised. What is not about a case goes on up."""
    try:
        return batch.run(cases), ""
    except Failure:
        raise
    except BaseException as error:                          # SystemExit is an answer too
        if exhausted(error):
            raise Failure("out-of-memory", sentence(error)) from error
        if isinstance(error, Unsupported):
            raise
        return None, sentence(error)


def _raising(batch: Batch, cases: np.ndarray, message: str, seconds: float) -> Dict[int, str]:
    """The cases of a raising batch that raise, found by halving, with what each says.

    Where time runs out, the batch that is left counts as raising as a whole, and its message says so.
    """
    end = time.monotonic() + min(seconds, 60.0)
    sample = cases[np.unique(np.linspace(0, len(cases) - 1, min(SAMPLE, len(cases))).astype(np.int64))]
    raised: Dict[int, str] = {}
    for case in sample:
        rows, said = _attempt(batch, np.asarray([case]))
        if rows is not None:
            break
        raised[int(case)] = said
    else:
        return {int(case): raised.get(int(case), message) for case in cases}
    raised.clear()
    stack = [(cases, message)]                              # batches known to raise
    while stack:
        known, message = stack.pop()
        if len(known) == 1 or time.monotonic() > end:
            note = "" if len(known) == 1 else f" (in a batch of {len(known)}, not bisected further)"
            raised.update({int(case): message + note for case in known})
            continue
        left, right = known[: len(known) // 2], known[len(known) // 2 :]
        halves = [(half, *_attempt(batch, half)) for half in (left, right)]
        if all(rows is not None for _, rows, _ in halves):
            raise Failure("raised", f"cases raise together that do not raise apart: {message}")
        stack += [(half, said) for half, rows, said in halves if rows is None]
    return raised


def _repeat(result: Result, batch: Batch, order: np.ndarray) -> None:
    """Call the program again, its cases in another order, and keep the last result's bits where any differ.

    The length is the same, so nothing is compiled again; every case is in another place, and what a program
    remembers of its first call comes out wrong.
    """
    if np.array_equal(order, np.sort(order)):               # nothing to rotate
        return
    rows, message = _attempt(batch, order)
    if rows is None:
        raise Failure("raised", f"the second call of the same program raised: {message}")
    bits, dtype = rows[-1]
    if dtype != result.dtypes[-1]:
        raise Failure("raised", f"the second call of the same program returned {dtype}, not {result.dtypes[-1]}")
    if not np.array_equal(bits, result.outputs[-1][order]):
        again = result.outputs[-1].copy()
        again[order] = bits
        result.again = [again]


def _place(result: Result, rows: Rows, cases: np.ndarray, count: int) -> None:
    """Put the rows of one call where its cases are; what raised stays zero."""
    if not result.outputs:
        result.dtypes = [dtype for _, dtype in rows]
        if len(cases) == count:                             # every case: no copy
            result.outputs = [bits for bits, _ in rows]
            return
        result.outputs = [np.zeros((count, *bits.shape[1:]), bits.dtype) for bits, _ in rows]
    for order, (bits, dtype) in enumerate(rows):
        if dtype == result.dtypes[order]:
            result.outputs[order][cases] = bits
        elif dtype not in result.dtypes[order]:             # a name that no format has
            result.dtypes[order] += f" or {dtype}"
