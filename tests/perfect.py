"""An adapter that plays results back, looked up by the bits of the inputs: right, or wrong, exactly as told.

The results lie beside this file in ``perfect.npz``; ``playback.record`` puts both into a folder.
"""

# mypy: ignore-errors

import inspect
import json
import os

import numpy as np

from conformance.adapter import EntryPoint, load_file
from conformance.places import adapters_folder

reference = load_file(str(adapters_folder() / "reference.py"))

RESULTS = os.path.join(os.path.dirname(__file__), "perfect.npz")


def rows(columns):
    return [row.tobytes() for row in np.stack([x.view(f"u{x.itemsize}") for x in columns], axis=1)]


def play(results, name, *inputs):
    """The recorded results of these inputs; an input that was not recorded is a KeyError."""
    name += "/" + inputs[0].dtype.name
    known = dict(zip(rows(results[name + "/inputs"]), results[name + "/results"], strict=True))
    return np.array([known[row] for row in rows(inputs)]).view(inputs[0].dtype)


def entry(loss, arguments, quantities):
    """The entry point of a loss, from the names of its arguments and the quantity that is by each of them."""
    calls = {by: f"play(results, '{loss}/{name}', {', '.join(arguments)})" for by, name in quantities.items()}
    return EntryPoint("play", loss, calls.pop(""), hand=calls, config={"loss": loss})


class Perfect(reference.Reference):
    name = "perfect"
    further = "default"
    imports = "\n\n".join(
        (
            "import numpy as np",
            f"results = np.load({RESULTS!r})",
            inspect.getsource(rows),
            inspect.getsource(play),
        )
    )
    entry_points = tuple(entry(*record) for record in json.loads(str(np.load(RESULTS)["losses"])))


ADAPTERS = [Perfect()]
