"""Conversions that do not keep what they are given, and an import that fails."""

# mypy: ignore-errors

import os

from conformance.adapter import load_file

HERE = os.path.dirname(os.path.abspath(__file__))
Arithmetic = load_file(os.path.join(HERE, "..", "arithmetic.py")).Arithmetic


class ChangedBit(Arithmetic):
    """Flushes the smallest subnormal."""

    name = "changed-bit"

    def make(self, bits, dtype):
        bits = bits.copy()
        bits[bits == 1] = 0
        return bits.view(self.native[dtype])


class WiderInput(Arithmetic):
    """Computes in binary64 whatever goes in."""

    name = "wider-input"

    def make(self, bits, dtype):
        return bits.view(self.native[dtype]).astype("float64")


class LyingDtype(Arithmetic):
    """Returns binary64 and calls it binary32."""

    name = "lying-dtype"

    def read(self, y):
        bits, dtype = super().read(y)
        return (bits, dtype) if y.base is not None else (y.astype("float64").view("u8"), "binary32")


class RaisingMake(Arithmetic):
    name = "raising-make"

    def make(self, bits, dtype):
        raise OSError("no such device")


class Missing(Arithmetic):
    name = "missing"
    distributions = ("no-such-framework",)
    imports = "import no_such_framework"


class HalfInstalled(Arithmetic):
    """As JAX without jaxlib: it raises its own error, which names no module."""

    name = "half-installed"
    distributions = ("numpy",)
    imports = '''
try:
    import no_such_part.inner
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("the framework requires its part") from error
'''


class Nameless(Arithmetic):
    name = "nameless"
    imports = "raise ModuleNotFoundError('the framework requires its part')"


class ExitingImport(Arithmetic):
    name = "exiting-import"
    imports = "raise SystemExit(1)"


class Aborting(Arithmetic):
    name = "aborting-import"
    imports = "import os; os.abort()"


class HangingImport(Arithmetic):
    name = "hanging-import"
    imports = "import time; time.sleep(1000)"


class Mistyped(Arithmetic):
    name = "mistyped"
    entry_points = Arithmetic.entry_points[2:3]


ADAPTERS = [
    ChangedBit(),
    WiderInput(),
    LyingDtype(),
    RaisingMake(),
    Missing(),
    HalfInstalled(),
    Nameless(),
    ExitingImport(),
    Aborting(),
    HangingImport(),
    Mistyped(),
]
