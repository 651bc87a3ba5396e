"""``bce-conformance identify``: what a loss function is, by probing alone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from conformance.identify.identification import Identification
    from conformance.subject import Source

HELP = "say what a loss function does, by probing alone"

EPILOG = """The function is called in a process of its own, some dozens of times, with small arrays. Its name, its
source and what is recorded of it are never read. An answer is certain where every result with a hard label agrees
within the roundings of its operations, but for NaN and infinities towards the ends of the domain, which are listed.
The exit status is 0 where there is an answer, whatever it is, and 4 where there is no such function or every call
raises.

examples:
  bce-conformance identify my_module:my_loss          a function, or a callable object, of a module in this folder
  bce-conformance identify torch.nn.BCELoss           a class is called without arguments first
  bce-conformance identify pytorch/torch.nn.functional.binary_cross_entropy/reduction=none
  bce-conformance identify my_module:my_loss --outputs outputs.npy --labels labels.npy
                                                      and whether a model's outputs and labels fit it
  bce-conformance identify my_module:my_loss --against all    compare with every framework installed here
  bce-conformance identify my_module:my_loss --json | jq .loss"""


class IdentifyError(Exception):
    """A file or a name that cannot be used; the message is one sentence that says what to do."""

    exit_status = 4


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("loss", metavar="LOSS", help="module:function, a dotted path, or adapter/entry point/config")
    parser.add_argument("--outputs", metavar="FILE", help="what a model returns, as .npy: does the loss take it?")
    parser.add_argument("--labels", metavar="FILE", help="its labels, as .npy")
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="NAME",
        help="an adapter whose entry points it is compared with, all or none (default: the framework's own)",
    )
    parser.add_argument("--adapter", action="append", default=[], metavar="FILE", help="an adapter's file")
    parser.add_argument("--python", default=sys.executable, metavar="PATH", help="the interpreter that has the loss")
    parser.add_argument("--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="for one call (default: 60)")
    parser.add_argument("--json", action="store_true", help="the answer as data")


def _seconds(text: str) -> float:
    """A time to wait, which a timer can hold."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 1e6:
        raise argparse.ArgumentTypeError(f"{text} is no time to wait: give seconds above 0, such as 60")
    return found


def run(args: argparse.Namespace) -> int:
    """Identify one loss."""
    outputs, labels = (_array(path) if path else None for path in (args.outputs, args.labels))
    if labels is not None and outputs is None:
        raise IdentifyError("--labels are held against a model's outputs: give --outputs too.")
    answer = _identified(args)
    if outputs is not None:
        from dataclasses import replace

        from conformance.identify.outputs import warnings

        answer = replace(answer, warnings=(*warnings(answer, outputs, labels), *answer.warnings))
    if args.json:
        print(json.dumps(answer.data(), indent=1))
        return 0
    from conformance.report.identification import identification

    sys.stdout.write(identification(answer))
    return 0


def _identified(args: argparse.Namespace) -> Identification:
    from conformance.identify.investigation import identify
    from conformance.identify.target import boxes
    from conformance.measure import Pool

    def told(what: str) -> None:
        print(f"identify: {what}", file=sys.stderr, flush=True)

    known = compared(args.loss, args.against, args.adapter, args.python)
    with Pool(2) as pool:
        return identify(boxes(args.loss, pool, args.adapter, args.python, args.timeout), known, told)


def compared(loss: str, against: Sequence[str], files: Sequence[str], python: str) -> list[Source] | None:
    """The adapters whose entry points a loss is compared with; None for those of its own framework."""
    from conformance.subject import sources

    if not against:
        return None
    if "none" in against:
        return []
    found = [*(sources(files, python) if files else []), *sources((), python)]
    plain = [source for source in found if not source.adapter.only_by_name]
    if "all" in against:
        return plain
    names = {source.adapter.name for source in found}
    for name in against:
        if name not in names:
            raise IdentifyError(f"--against {name} is no adapter; known are {', '.join(sorted(names))}, all and none.")
    return [source for source in found if source.adapter.name in against]


def _array(path: str) -> NDArray[Any]:
    import numpy as np

    try:
        found: NDArray[Any] = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise IdentifyError(f"{path}: there is no such file; save an array with numpy.save.") from error
    except (OSError, ValueError, EOFError) as error:
        raise IdentifyError(f"{path} is no array that can be read; save one with numpy.save.") from error
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiub" or not found.size:
        raise IdentifyError(f"{path} holds no numbers; save an array of floats with numpy.save.")
    return found
