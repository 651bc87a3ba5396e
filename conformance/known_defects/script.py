"""A reporter's script as a program for a worker: what it prints is what it returns. Pure."""

from __future__ import annotations

import ast
import textwrap


class ScriptError(Exception):
    """A script that cannot be a program; the message is half a sentence."""


def program(code: str) -> str:
    """The text of a module that defines ``program``.

    Parameters
    ----------
    code : str
        Plain code of a framework, complete with its imports, whose last statement is ``print(...)``.

    Returns
    -------
    str
        Source text. Nothing happens before ``program`` is called, so whatever raises is the script's.

    Raises
    ------
    ScriptError
        The script does not compile, or does not end with a print.
    """
    try:
        body = ast.parse(code).body
        compile(code, "script", "exec")
    except SyntaxError as error:
        raise ScriptError(f"the code does not compile: {error.msg}, line {error.lineno}") from error
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if not (isinstance(last, ast.Call) and ast.unparse(last.func) == "print" and last.args and not last.keywords):
        raise ScriptError("the code must end with print(...)")
    before = "".join(code.splitlines(keepends=True)[: body[-1].lineno - 1])
    results = ", ".join(ast.unparse(argument) for argument in last.args)
    return f"def program():\n{textwrap.indent(before, '    ')}    return ({results},)\n"
