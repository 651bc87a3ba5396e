"""The boundary with frameworks. CPython 3.7 to 3.14, standard library and numpy only.

An adapter is text and two conversions. All that a worker executes (imports, expression, derivative, mode) is
one module of source text, assembled by `Adapter.program`; a reproducer is that text around literal inputs.
The class attributes are readable without the framework: only `load`, `make`, `read` and `build` touch it.
"""

import contextlib
import json
import re
import sys
import tokenize
import types
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple

import numpy as np

NUMPY = {"binary16": "float16", "bfloat16": "bfloat16", "binary32": "float32", "binary64": "float64"}
"""Our dtypes and NumPy's names for them (bfloat16 is an extension type: ml_dtypes)."""

STORAGE = {"binary16": "uint16", "bfloat16": "uint16", "binary32": "uint32", "binary64": "uint64"}
"""The unsigned integers that carry the bits of each dtype."""

Steps = Tuple[Tuple[str, str], ...]
"""Derivative steps, innermost first: (("reverse", "logit"), ("forward", "logit")); () is the loss."""

LACKS = r"module '.*' has no attribute|unexpected keyword argument"
"""Messages that mean "this release cannot" in every framework."""


class Unsupported(Exception):
    """The release lacks the entry point, mode, dtype or derivative; the message is shown."""


@dataclass(frozen=True)
class EntryPoint:
    """One public API under test, with its static keyword arguments.

    Attributes
    ----------
    path : str
        Public import path. A release where it does not resolve lacks the entry point.
    loss : str
        Name in `conformance.losses`; the loss names the arguments.
    code : str
        One expression over the arguments. ``{config}`` becomes ``key=value, ...``, ``{a_key}`` one value.
    contract : str
        Name in `conformance.contracts`.
    config : mapping
        Static keyword arguments, part of the key; values that JSON can carry.
    dtypes : tuple of str
        The dtypes it is tried in.
    modes : tuple of str
        Modes it is tried in; empty means all of the adapter's.
    since : str
        First release that has it, only for what no attribute shows: an older one is not asked. ``1.10``, of the
        adapter's first distribution, or ``torch 1.10``.
    computes : str
        The dtype the contract promises for computation and loss; empty means the inputs' own.
    hand : mapping
        Argument -> expression of the derivative, ``{hand}`` in a derivative of an adapter without autodiff;
        ``logit,logit`` is a second derivative.
    labels : tuple of str
        The label classes it is given; empty means all. An index takes hard labels only.
    fixed : tuple of str
        Arguments that it is not differentiated by: what it is given is another function of them, an index.
    tier : str
        The smallest tier that measures it: quick, default or full.
    reductions : mapping
        Value of the config's ``reduction`` -> what the documentation divides the sum by: ``1``, ``elements``,
        ``weights``, ``nonzero-weights`` or ``batch``. Measured beside the elementwise loss.
    weighted : str
        The expression with one more argument ``weight``, a weight of each element; or ``class_weight``, one for
        each class, those of labels 0 and 1 first.
    constructor : mapping
        Value of a ``dtype`` in the config -> the dtype that then computes. Reductions are measured with it too.
    """

    path: str
    loss: str
    code: str
    contract: str = "exact"
    config: Mapping[str, Any] = field(default_factory=dict)
    dtypes: Tuple[str, ...] = tuple(NUMPY)
    modes: Tuple[str, ...] = ()
    since: str = ""
    computes: str = ""
    hand: Mapping[str, str] = field(default_factory=dict)
    labels: Tuple[str, ...] = ()
    fixed: Tuple[str, ...] = ()
    tier: str = "quick"
    reductions: Mapping[str, str] = field(default_factory=dict)
    weighted: str = ""
    constructor: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str) -> "EntryPoint":
        """No public function, but an expression as it stands."""
        return cls("", "", code.replace("{", "{{").replace("}", "}}"))

    @property
    def key(self) -> str:
        """The config as canonical JSON: sorted keys."""
        return canonical(self.config)

    def expression(self) -> str:
        """The code with the config substituted."""
        return self._substitute(self.code)

    def derivative(self, x: str) -> str:
        """The stated derivative by an argument, or by several, the config substituted; empty where none is stated."""
        return self._substitute(self.hand.get(x, ""))

    def _substitute(self, text: str) -> str:
        values = {key: repr(value) for key, value in self.config.items()}
        values["config"] = ", ".join(f"{key}={value}" for key, value in sorted(values.items()))
        return text.format(**values)


class Adapter:
    """One framework: data, and how to make and read native arrays. Subclasses override what differs."""

    name: str = ""
    distributions: Sequence[str] = ()           # versions come from their metadata; the framework first
    imports: str = ""                           # first lines of every program
    names: Mapping[str, str] = NUMPY            # our dtype -> the framework's, an expression
    literal: str = ""                           # an input in a reproducer: {values}, {dtype}, {device}
    show: str = "[float(v).hex() for v in {y}.ravel()]"     # a result in a reproducer
    modes: Mapping[str, str] = {"eager": "{f}"}             # mode -> expression over a function {f}
    slow_modes: Sequence[str] = ()              # modes that only a full audit runs
    per_shape: Sequence[str] = ()               # modes that compile anew for each shape; the one to ask first leads
    further: str = "default"                    # the smallest tier that goes beyond the quick tier's entry points,
    #                                             first derivatives in reverse mode, and cases: with examinations
    only_by_name: bool = False                  # left out unless --adapter names it: a teaching aid, no framework
    mode_wraps: str = "program"                 # or "loss": differentiate through the executed loss
    derivatives: Mapping[str, str] = {}         # kind -> def {g}({args}) returning y and dy/d{x}; it may use
    #                                             {call}, {inner} (differentiated again) and {hand}
    others: Mapping[str, str] = {}              # dtypes that are no floats (int32, bool, ...) -> the framework's
    cast: str = ""                              # {x} as {dtype}, one of names or others
    reshape: str = ""                           # {x} in the shape {shape}, a tuple
    layouts: Mapping[str, str] = {}             # name -> {x} with the same values, in another layout; `transposed`
    #                                             is of two dimensions
    one_thread: Mapping[str, str] = {}          # environment variables that leave the framework one thread
    unsupported: str = LACKS                    # messages that mean "this release cannot"
    since: Mapping[str, str] = {}               # what a program or such a message says, a regular expression ->
    #                                             "torch 2.0", the first release that can: told, never decided by
    entry_points: Sequence[EntryPoint] = ()

    device: str = "cpu"
    ns: Dict[str, Any]                          # what `imports` define, after `load`
    native: Dict[str, Any]                      # our dtype -> the framework's, for those this release has

    def environ(self, dtype: str, device: str) -> Dict[str, str]:
        """Environment variables, set before the import; they are part of what keys a worker."""
        return {}

    def load(self, device: str = "cpu") -> None:
        """Import the framework and find its dtypes. An old release may adjust `imports` and `modes` here."""
        self.device, self.ns, self.native = device, {}, {}
        exec(self.imports, self.ns)
        for dtype, name in self.names.items():
            with contextlib.suppress(AttributeError):       # this release lacks the dtype
                self.native[dtype] = eval(name, self.ns)

    def make(self, bits: np.ndarray, dtype: str) -> Any:
        """A native array with exactly these bits, on `device`; dtype is a key of `native`."""
        raise NotImplementedError

    def read(self, y: Any) -> Tuple[np.ndarray, str]:
        """The bits of a native array, and the dtype it really has."""
        y, ours = np.asarray(y, order="C"), {theirs: ours for ours, theirs in NUMPY.items()}
        if y.dtype.hasobject or y.dtype.itemsize not in (1, 2, 4, 8):
            return np.zeros(y.shape, "u8"), y.dtype.name    # no bits to judge; the name says why
        return y.view(f"u{y.dtype.itemsize}"), ours.get(y.dtype.name, y.dtype.name)

    def program(self, entry: EntryPoint, arguments: Sequence[str], steps: Steps, mode: str) -> str:
        """A module that defines ``program``: arguments -> loss; with n steps -> (order n-1, order n).

        Parameters
        ----------
        entry : EntryPoint
            Whose expression is executed.
        arguments : sequence of str
            Names of the inputs, in the order in which they are given.
        steps : tuple of (kind, argument)
            Derivative steps, innermost first; each is by a vector of ones.
        mode : str
            A key of `modes`.

        Returns
        -------
        str
            Source text, complete with the imports.

        Raises
        ------
        Unsupported
            The adapter has no such mode or derivative.
        """
        if mode not in self.modes:
            raise Unsupported(f"{self.name} has no mode {mode!r}")
        wrap, args = self.modes[mode], ", ".join(arguments)
        early = wrap != "{f}" and self.mode_wraps == "loss"     # wrapped, then differentiated
        late = wrap != "{f}" and not early                      # the reverse
        names = ["f"] + [f"d{order}" for order in range(1, len(steps) + 1)]
        if not late:
            names[-1] = "program"
        lines = [self.imports.strip(), f"{names[0]} = lambda {args}: {entry.expression()}"]
        if early:
            lines.append(f"{names[0]} = {wrap.format(f=names[0])}")
        call = f"{names[0]}({args})"
        for order, (g, (kind, x)) in enumerate(zip(names[1:], steps), 1):
            by = ",".join(argument for _, argument in steps[:order])
            fields = {"g": g, "args": args, "x": x, "call": call, "inner": g != names[-1]}
            lines.append(self._derivative(entry, kind, by).format(hand=entry.derivative(by), **fields))
            call = f"{g}({args})[1]"
        if late:
            lines.append("program = " + wrap.format(f=names[-1]))
        return "\n".join(lines) + "\n"

    def _derivative(self, entry: EntryPoint, kind: str, by: str) -> str:
        if kind not in self.derivatives:
            raise Unsupported(f"{self.name} has no {kind}-mode derivatives")
        if "{hand}" in self.derivatives[kind] and by not in entry.hand:
            raise Unsupported(f"{entry.path} states no derivative by {by}")
        return self.derivatives[kind].strip()

    def build(self, entry: EntryPoint, text: str) -> Callable[..., Tuple[Any, ...]]:
        """Execute the text of `program` and return it as a function of native arrays to a tuple of them.

        What fails here, before any number is computed, is unsupported; in a call, what the message says is.
        """
        ns: Dict[str, Any] = {}
        try:
            exec(text, ns)
            if entry.path:
                eval(entry.path, ns)
        except Exception as error:
            if isinstance(error, (AttributeError, ImportError, TypeError, ValueError)) or self._lacks(error):
                raise Unsupported(sentence(error)) from error
            raise

        def call(*inputs: Any) -> Tuple[Any, ...]:
            try:
                y = ns["program"](*inputs)
            except Exception as error:
                if self._lacks(error):
                    raise Unsupported(sentence(error)) from error
                raise
            outputs = tuple(y) if isinstance(y, (tuple, list)) else (y,)
            if any(output is None for output in outputs[1:]):
                raise Unsupported("the derivative came back as None: not connected")
            return outputs

        return call

    def _lacks(self, error: Exception) -> bool:
        """Whether an exception means "this release cannot"."""
        found = re.search(self.unsupported + "|" + LACKS, str(error))
        return bool(found) or isinstance(error, NotImplementedError)


def canonical(config: Mapping[str, Any]) -> str:
    """A config as JSON with sorted keys: what a key carries."""
    return json.dumps(dict(config), sort_keys=True)


def sentence(error: BaseException, limit: int = 300) -> str:
    """``Type: first line``, or the type alone where there is no message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (type(error).__name__ + (": " + lines[0] if lines else ""))[:limit]


def entry_point(adapter: Adapter, path: str, key: str) -> Optional[EntryPoint]:
    """The entry point of an adapter with this path and canonical config, or None."""
    return next((e for e in adapter.entry_points if e.path == path and e.key == key), None)


def load_file(path: str) -> types.ModuleType:
    """An adapter file as a module, by path: its folder never goes on sys.path (it holds a jax.py).

    Compiled here rather than imported: no byte code is written beside it, and an edit is always seen.
    """
    with tokenize.open(path) as file:
        text = file.read()
    module = types.ModuleType("adapter_" + re.sub(r"\W", "_", path))
    module.__file__ = path
    sys.modules[module.__name__] = module               # dataclasses look their module up
    exec(compile(text, path, "exec"), module.__dict__)
    return module
