"""What the data of an adapter must look like. CPython 3.7 to 3.14, standard library only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

KIND = r"(reverse|forward)(-[a-z0-9-]+)?$"
"""A kind of derivative: its direction, and, for a further public route, a name."""

TIERS = ("quick", "default", "full")
"""What an entry point's tier may be."""

SINCE = r"([A-Za-z0-9._-]+ )?\d+(\.\d+)*$"
"""A release: ``2.0`` of the adapter's first distribution, or ``torch 2.0``."""

WRAPS = ("program", "loss")
"""What a mode may wrap."""


def fault(adapter: Any, dtypes: tuple[str, ...], record: Any) -> str:
    """What is wrong with the data of an adapter, in half a sentence; empty when nothing is.

    Parameters
    ----------
    adapter : Adapter
        The instance to check; nothing of its framework is touched.
    dtypes : tuple of str
        The dtypes there are.
    record : type
        The class of an entry point.
    """
    return (
        _types(adapter)
        or _names(adapter, dtypes)
        or _texts(adapter)
        or _environ(adapter)
        or next(filter(None, (_entry(adapter, entry, dtypes, record) for entry in adapter.entry_points)), "")
        or _keys(adapter)
    )


def _types(adapter: Any) -> str:
    for attribute in ("name", "imports", "literal", "show", "unsupported", "mode_wraps", "cast", "reshape"):
        if not isinstance(getattr(adapter, attribute), str):
            return f"{attribute} must be a string"
    for attribute in ("distributions", "slow_modes", "per_shape", "entry_points"):
        if not isinstance(getattr(adapter, attribute), (list, tuple)):
            return f"{attribute} must be a tuple"
    for attribute in ("names", "modes", "derivatives", "others", "layouts", "one_thread", "since"):
        table = getattr(adapter, attribute)
        if not isinstance(table, Mapping) or not all(isinstance(text, str) for text in table.values()):
            return f"{attribute} must be a dictionary of strings"
    return ""


def _names(adapter: Any, dtypes: tuple[str, ...]) -> str:
    if not re.match(r"[a-z0-9_-]+(\[[a-z0-9_-]+\])?$", adapter.name):
        return "name must be lower-case letters, digits, - and _, with an optional [backend]"
    for dtype in adapter.names:
        if dtype not in dtypes:
            return f"names has the unknown dtype {dtype!r}; the dtypes are {', '.join(dtypes)}"
    for kind in adapter.derivatives:
        if not re.match(KIND, kind):
            return f"derivatives has the unknown kind {kind!r}; a kind is reverse, forward, or one of them and -name"
    for mode in adapter.modes:
        if not re.match(r"[a-z0-9_-]+$", mode):     # part of a cell id, in a shell
            return f"mode {mode!r} must be lower-case letters, digits, - and _"
    if not adapter.modes:
        return "modes is empty; most adapters have at least {'eager': '{f}'}"
    if adapter.mode_wraps not in WRAPS:
        return f"mode_wraps must be one of {', '.join(WRAPS)}"
    if adapter.further not in TIERS:
        return f"further must be one of {', '.join(TIERS)}"
    if not set(adapter.slow_modes) <= set(adapter.modes):
        return "slow_modes must be some of modes"
    return ""


def _texts(adapter: Any) -> str:
    for mode, wrap in adapter.modes.items():
        if "{f}" not in wrap:
            return f"mode {mode!r} must be an expression over {{f}}"
    for kind, text in adapter.derivatives.items():
        if not text.strip().startswith("def {g}({args}):"):
            return f"the {kind} derivative must begin with def {{g}}({{args}}):"
    if "{values}" not in adapter.literal:
        return "literal must hold {values}: a reproducer writes its inputs with it"
    if "{y}" not in adapter.show:
        return "show must hold {y}: a reproducer prints its result with it"
    try:
        for pattern in (adapter.unsupported, *adapter.since):
            re.compile(pattern)
        compile(adapter.imports, "imports", "exec")
    except (re.error, SyntaxError) as error:
        return f"unsupported, since or imports does not compile: {error}"
    return next(filter(None, (_since(adapter, release) for release in adapter.since.values())), "")


def _since(adapter: Any, release: str) -> str:
    """What is wrong with a release that is said to be the first."""
    if not re.match(SINCE, release):
        return f"since {release!r} must be a release, 2.0 or torch 2.0"
    if " " in release and release.split()[0] not in adapter.distributions:
        return f"since {release!r} names what is not among distributions: {', '.join(adapter.distributions)}"
    return ""


def _environ(adapter: Any) -> str:
    for dtype in adapter.names:
        try:
            environ = adapter.environ(dtype, "cpu")
        except Exception as error:
            return f"environ({dtype!r}, 'cpu') raises {type(error).__name__}: {error}"
        if not isinstance(environ, dict) or not all(isinstance(v, str) for kv in environ.items() for v in kv):
            return f"environ({dtype!r}, 'cpu') must return a dictionary of strings"
    return ""


def _entry(adapter: Any, entry: Any, dtypes: tuple[str, ...], record: Any) -> str:
    if not isinstance(entry, record):
        return "entry_points must hold EntryPoint records"
    try:
        compile(entry.path, "path", "eval")
        compile(entry.expression(), "code", "eval")
        for x in entry.hand:
            compile(entry.derivative(x), "hand", "eval")
        entry.key  # noqa: B018 - JSON must carry the config
    except Exception as error:
        return f"{entry.path}: path, code, hand or config does not work: {type(error).__name__}: {error}"
    if not set(entry.dtypes) <= set(dtypes) or entry.computes not in ("", *dtypes):
        return f"{entry.path}: dtypes and computes must be among {', '.join(dtypes)}"
    if entry.tier not in TIERS:
        return f"{entry.path}: tier must be one of {', '.join(TIERS)}"
    if not set(entry.modes) <= set(adapter.modes):
        return f"{entry.path}: modes must be among {', '.join(adapter.modes)}"
    if entry.since and _since(adapter, entry.since):
        return f"{entry.path}: {_since(adapter, entry.since)}"
    return "" if entry.loss and entry.contract else f"{entry.path}: loss and contract must be named"


def _keys(adapter: Any) -> str:
    keys = [(entry.path, entry.key) for entry in adapter.entry_points]
    if not keys:
        return "entry_points is empty"
    if len(set(keys)) < len(keys):
        return "two entry points share a path and a config; let the config tell them apart"
    return ""
