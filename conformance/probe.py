"""What a mode does below the smallest normal number: flush-to-zero and denormals-are-zero, by experiment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from conformance.formats import FORMATS, Bits, from_float64, to_float64
from conformance.job import Observation

PROBE_LENGTHS = (3, 4096)
"""Frameworks take other code paths, with other flush-to-zero flags, for long arrays than for short ones."""

PROBE_CODE = "logit * label"
"""What a probe executes: a product of its two inputs."""


@dataclass(frozen=True)
class Probe:
    """What a mode does below the smallest normal number, for short arrays and for long ones."""

    flushes: tuple[bool, ...] = (False, False)
    ignores: tuple[bool, ...] = (False, False)

    def at(self, length: int) -> tuple[bool, bool]:
        """Whether a batch of this length is proven to flush, and to ignore subnormal inputs."""
        if length >= PROBE_LENGTHS[1]:
            return self.flushes[1], self.ignores[1]
        return all(self.flushes), all(self.ignores)


def probe_inputs(dtype: str, length: int) -> tuple[Bits, Bits]:
    """Factors whose products are subnormal (first), come from a subnormal (second), or neither (third).

    Parameters
    ----------
    dtype : str
    length : int
        The three rows repeat up to it.
    """
    fmt = FORMATS[dtype]
    left = np.array([fmt.smallest_normal, fmt.smallest, 1.0])
    right = np.array([0.5, 2.0 ** (fmt.precision + 2), 1.0])
    first, second = (from_float64(np.resize(v, length), fmt) for v in (left, right))
    return first, second


def probe_flags(observation: Observation, dtype: str) -> tuple[bool, bool]:
    """Whether a probe's products were flushed, and its subnormal factors ignored; proven only if both controls hold.

    Parameters
    ----------
    observation : Observation
        Of the inputs of ``probe_inputs``.
    dtype : str
    """
    if observation.status != "ok" or observation.dtypes != (dtype,):
        return False, False
    products = to_float64(observation.outputs[0], FORMATS[dtype])
    flushed, ignored, control = (products[k::3] for k in range(3))
    if not (control == 1).all():
        return False, False
    return bool((flushed == 0).all()), bool((ignored == 0).all())
