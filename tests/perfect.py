"""An adapter file that plays results back, looked up by the bits of the inputs: right, or wrong, exactly as told.

The results lie beside it in ``perfect.npz``, written by ``playback.record``.
"""

import json
import os

import numpy as np

from conformance.adapter import Adapter, EntryPoint

TABLES = os.path.join(os.path.dirname(__file__), "perfect.npz")

PLAYER = """
import numpy as np

tables = np.load(%r)


def rows(columns):
    return [row.tobytes() for row in np.stack(columns, axis=1)]


def play(name, *inputs):
    inputs = [x.view("u%%d" %% x.itemsize) for x in inputs]
    name += "/" + dtype_of[inputs[0].dtype.name]
"""


def play(name, *inputs):
    name += "/" + inputs[0].dtype.name
    known = dict(zip(rows(tables[name + "/inputs"]), tables[name + "/results"]))
    found = [known[row] for row in rows([x.view("u%d" % x.itemsize) for x in inputs])]
    return np.array(found).view(inputs[0].dtype)
