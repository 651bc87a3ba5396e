"""A folder of expectations for tests: causes and lines that a test writes, and what they say of a run."""

from pathlib import Path

import pytest
from handmade import ENVIRONMENT

from conformance.cell import Cell
from conformance.expectations import acceptance, assess, load
from conformance.recorded import write_lines, write_measurements
from conformance.run import Run

CAUSE = """
[[cause]]
id = "sigmoid-minus-label"
versions = { torch = "==2.13.*" }
verdicts = ["lost", "beyond-limit"]
cap = "2^24"
why = "The gradient is sigmoid(x) - y, which cancels near y = 1."
link = "https://github.com/pytorch/pytorch"

[cause.selectors]
entry_point = "torch.nn.*"
quantity = ["d_logits", "d2_*"]
config = "*reduction=none*"
"""

NAN_CAUSE = """
[[cause]]
id = "zero-times-infinity"
versions = {torch = ">=2"}
verdicts = ["wrong-class"]
why = "0 times infinity."
link = "https://github.com/pytorch/pytorch"
selectors = {region = "infinite"}
"""

FLUSH_CAUSE = """
[[cause]]
id = "flush-to-zero"
versions = { numpy = ">=2", torch = ">=2" }
verdicts = ["flushed", "daz"]
cap = "2^10"
why = "The processor is told to flush."
link = "https://github.com/pytorch/pytorch"
[[cause.selectors]]
quantity = "d_logits"
mode = "eager"
[[cause.selectors]]
quantity = "d_logits"
mode = "vmap"
dtype = "binary32"
"""

CSV = "cell,cause,versions,platform,verdict,bound\n"


class Folder:
    """A folder of adapters with expectations."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def toml(self, text: str, name: str = "pytorch") -> "Folder":
        place = self.path / "expectations" / f"{name}.toml"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
        return self

    def csv(self, text: str, name: str = "pytorch") -> "Folder":
        place = self.path / "expectations" / "recorded" / f"{name}.csv"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(CSV + text)
        return self

    def line(self, made: Cell, **changes: str) -> "Folder":
        """Add a recorded line for a cell."""
        row = {
            "cell": made.id,
            "cause": "sigmoid-minus-label",
            "versions": "torch==2.13.*",
            "platform": "x86_64-avx512",
            "verdict": "lost",
            "bound": "2^22",
            **changes,
        }
        place = self.path / "expectations" / "recorded" / "pytorch.csv"
        before = place.read_text()[len(CSV) :] if place.exists() else ""
        return self.csv(before + ",".join(f'"{value}"' for value in row.values()) + "\n")

    def accept(self, run: Run) -> "Folder":
        accepted = acceptance(run, load(self.path))
        assert not accepted.refused
        for name, lines in accepted.lines.items():
            write_lines(self.path / "expectations" / "recorded" / f"{name}.csv", lines)
        write_measurements(self.path / "expectations" / "measured.csv", accepted.measured)
        return self

    def reason(self, run: Run) -> str:
        """Why the one finding of the run is unexpected, or an empty string."""
        found = assess(run, load(self.path))
        assert len(found.expected) + len(found.unexpected) == 1
        assert found.exit_status == len(found.unexpected)
        return next(iter(found.unexpected.values()), "")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).toml(CAUSE + NAN_CAUSE)


def elsewhere(**changes: str) -> dict[str, str]:
    return {**ENVIRONMENT, **changes}  # type: ignore[dict-item]
