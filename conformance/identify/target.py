"""From the words on a command line to a function in a worker: a module's attribute, or an adapter's entry point."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from conformance import losses
from conformance.adapter import Adapter, EntryPoint, canonical
from conformance.identify.box import Box, BoxError
from conformance.measure import Pool
from conformance.subject import Source, Subject, sources

HOSTS = {"numpy": "textbook", "torch": "pytorch", "tensorflow": "tensorflow", "jax": "jax"}
"""Module → the adapter whose arrays a function of one's own may want; the textbook's are NumPy's, and nothing else."""

FIND = """
def find(module, attribute, folder):
    import importlib
    import inspect
    import sys

    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if module != error.name and not module.startswith(error.name + "."):
            raise LookupError("%s does not import: no module named %s" % (module, error.name))
        raise LookupError("there is no module %s in this folder or on the path" % error.name)
    except BaseException as error:
        raise LookupError("%s does not import: %s: %s" % (module, type(error).__name__, error))
    return usable(found, module, attribute.split("."))


def usable(found, name, attributes):
    import inspect

    for attribute in attributes:
        if not hasattr(found, attribute):
            raise LookupError("%s has no %s" % (name, attribute))
        found, name = getattr(found, attribute), name + "." + attribute
    if inspect.isclass(found):
        try:
            found = found()
        except Exception as error:
            said = "%s is a class that needs arguments (%s): give an instance of it"
            raise LookupError(said % (name, error))
    if not callable(found):
        raise LookupError("%s is no function: it is of type %s" % (name, type(found).__name__))
    return found
"""
CALL = """
target = {target}


def program(*arrays):
    y = target(*arrays)
    if y is None or isinstance(y, (list, tuple, dict, str, bytes, complex)):
        raise LookupError("its result is a %s: return an array or a number" % type(y).__name__)
    return {native} if isinstance(y, (int, float)) else y
"""
LOADED = """
import sys
import numpy

program = lambda: numpy.array([name in sys.modules for name in {names!r}], "int64")
"""
PREFIX = "LookupError: "


@dataclass(frozen=True)
class Target:
    """What is to be identified.

    Attributes
    ----------
    words : str
        As it was given, or a subject's id without mode and dtype.
    adapter : str
        Of an entry point; empty for a function of one's own.
    arguments : tuple of str
        Of an entry point, by the adapter's own names; empty for a function of one's own.
    """

    words: str
    adapter: str = ""
    arguments: tuple[str, ...] = ()


def boxes(
    words: str, pool: Pool, files: Sequence[str] = (), python: str = sys.executable, timeout: float = 60.0
) -> Iterator[tuple[Target, Box]]:
    """The function that words mean, with the arrays of one framework after the other, the likely ones first.

    Parameters
    ----------
    words : str
        ``my_module:my_loss``, ``torch.nn.functional.binary_cross_entropy``, or
        ``pytorch/torch.nn.functional.binary_cross_entropy/reduction=none``.
    pool : Pool
    files : sequence of str
        Adapter files beside the built-in ones.
    python : str
        The interpreter that has the function.
    timeout : float
        Seconds a call may take.

    Raises
    ------
    BoxError
        There is no such function, or nothing it could be called with is installed.
    """
    found = [*(sources(files, python) if files else []), *sources((), python)]
    if ":" in words:
        module, _, attribute = words.partition(":")
        if not module or not attribute:
            raise BoxError(f"{words!r} is no function: give module:function, as in my_module:my_loss.")
        if "/" in module or module.endswith(".py"):
            raise BoxError(_of_path(module, attribute))
        yield from _own(words, module, attribute, found, pool, timeout)
    elif "/" in words:
        source, entry = _entry(words, found)
        yield entry_box(source, entry, pool, timeout)
    else:
        yield from _dotted(words, found, pool, timeout)


def _of_path(given: str, attribute: str) -> str:
    """What to give instead of a file's path."""
    path = Path(given if given.endswith(".py") else f"{given}.py")
    if not path.is_file():
        return f"There is no file {path}: give module:function, as in my_module:my_loss."
    parts = path.with_suffix("").parts
    if path.is_absolute() or ".." in parts:
        return f"{given} is a path, and no module: change to its folder, and give {parts[-1]}:{attribute}."
    return f"{given} is a path, and no module: give {'.'.join(parts)}:{attribute}."


def entry_box(source: Source, entry: EntryPoint, pool: Pool, timeout: float = 60.0) -> tuple[Target, Box]:
    """An entry point of an adapter, a function of its arguments in the order in which its expression has them."""
    adapter = source.adapter
    arguments = arguments_of(entry)
    subject = Subject(adapter.name, entry.path, entry.key, next(iter(adapter.modes)), "binary64")
    text = adapter.program(entry, arguments, (), subject.mode)
    name = subject.id.rsplit("/", 3)[0]
    return Target(name, adapter.name, arguments), Box(pool, source, text, timeout)


def arguments_of(entry: EntryPoint) -> tuple[str, ...]:
    """The inputs of an entry point in the order in which its expression has them.

    Parameters
    ----------
    entry : EntryPoint
    """
    known = set(losses.load(entry.loss).ARGUMENTS)
    names = [n for n in ast.walk(ast.parse(entry.expression(), mode="eval")) if isinstance(n, ast.Name)]
    names.sort(key=lambda n: (n.lineno, n.col_offset))
    return tuple(dict.fromkeys(n.id for n in names if n.id in known))


def _entry(words: str, found: Sequence[Source]) -> tuple[Source, EntryPoint]:
    every = {entry_id(s.adapter, e): (s, e) for s in found for e in s.adapter.entry_points}
    wanted = words.rstrip("/")
    fitting = [name for name in every if wanted in (name, name.removesuffix("/-"))]
    fitting = fitting or [name for name in every if name.startswith(wanted + "/")]
    if len(fitting) == 1:
        return every[fitting[0]]
    if fitting:
        raise BoxError(f"{words} has {len(fitting)} configs: give one of {', '.join(fitting)}.")
    raise BoxError(f"No adapter has an entry point {words}: see bce-conformance list.")


def entry_id(adapter: Adapter, entry: EntryPoint) -> str:
    """An entry point by adapter, path and config, as a subject's id begins.

    Parameters
    ----------
    adapter : Adapter
    entry : EntryPoint
    """
    return Subject(adapter.name, entry.path, entry.key, "-", "-").id.rsplit("/", 3)[0]


def reduced(entry: EntryPoint, reduction: str) -> EntryPoint:
    """An entry point with another value of its config's reduction.

    Parameters
    ----------
    entry : EntryPoint
    reduction : str
    """
    from dataclasses import replace

    config = json.loads(canonical(entry.config)) | {"reduction": reduction}
    return replace(entry, config=config)


def _dotted(words: str, found: Sequence[Source], pool: Pool, timeout: float) -> Iterator[tuple[Target, Box]]:
    """A public path: by an adapter's own imports where it is one of its entry points', else by importing it."""
    if "." not in words:
        raise BoxError(f"{words!r} is no function: give module:function, as in my_module:my_loss.")
    hosts = [s for s in found if any(e.path == words for e in s.adapter.entry_points)]
    refused = ""
    for source in hosts:
        first, *rest = words.split(".")
        text = f"{source.adapter.imports}\n{FIND}\n" + _call(source, f"usable({first}, {first!r}, {rest!r})")
        box = Box(pool, source, text, timeout)
        refused = _refused(box)
        if not refused:
            yield Target(words), box
            return
    if hosts:
        raise BoxError(f"{refused}.")
    module, _, attribute = words.rpartition(".")
    while module:
        try:
            yield from _own(words, module, attribute, found, pool, timeout)
            return
        except BoxError as error:
            if "there is no module" not in str(error) or "." not in module:
                raise
        module, _, last = module.rpartition(".")
        attribute = f"{last}.{attribute}"


def _own(
    words: str, module: str, attribute: str, found: Sequence[Source], pool: Pool, timeout: float
) -> Iterator[tuple[Target, Box]]:
    """A module's attribute, looked up from the current folder; with the arrays of what the module imports first."""
    by_name = {source.adapter.name: source for source in found}
    target = f"find({module!r}, {attribute!r}, {str(Path.cwd())!r})"

    def box(framework: str) -> Box:
        source = by_name[HOSTS[framework]]
        first = "import numpy as np" if framework == "numpy" else source.adapter.imports
        return Box(pool, source, f"{first}\n{FIND}\n" + _call(source, target), timeout)

    plain = box("numpy")
    refused = _refused(plain)
    if refused:
        raise BoxError(f"{refused}.")
    others = [name for name in HOSTS if name != "numpy"]
    loaded = plain.run(plain.text + LOADED.format(names=others), (), (), "binary64")
    flags = loaded.outputs[0] if loaded.status == "ok" else np.zeros(len(others))
    imported = [name for name, flag in zip(others, flags, strict=True) if flag]
    for framework in (*imported, "numpy", *(name for name in others if name not in imported)):
        tried = box(framework)
        if not _refused(tried):
            yield Target(words), tried


def _call(source: Source, target: str) -> str:
    adapter = source.adapter
    native = adapter.literal.format(values="y", dtype=adapter.names["binary64"], device="cpu")
    return CALL.format(target=target, native=native)


def _refused(box: Box) -> str:
    """Why the function is not to be had in a worker; empty where it is."""
    observed = box.run(box.text + "\nprogram = lambda x: x\n", ("x",), (np.zeros(1, np.uint64),), "binary64")
    return "" if observed.status == "ok" else observed.message.removeprefix(PREFIX)

