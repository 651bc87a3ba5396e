"""The rows of known defects: none is missing, and each tells its two outcomes apart."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
from commandline import REQUIRED, bce

from conformance.exact import Number, pack, round_to
from conformance.formats import BINARY32, FORMATS, Format, to_float64
from conformance.known_defects.checks import NOT_APPLICABLE, STATES
from conformance.known_defects.records import Defect, load
from conformance.known_defects.wanted import ANY, FINITE_NUMBER, Exactly, Seen, Texts
from conformance.places import adapters_folder

DEFECTS = load(adapters_folder())
every_defect = pytest.mark.parametrize("defect", [d for d in DEFECTS if d.code], ids=lambda d: d.id)
every_exact_one = pytest.mark.parametrize(
    "defect", [d for d in DEFECTS if isinstance(d.due, Exactly)], ids=lambda d: d.id
)

REPORTS = {
    "FluxML/Flux.jl#914",
    "Oneflow-Inc/oneflow PR #7476",
    "PaddlePaddle/Paddle PR #65859",
    "PaddlePaddle/Paddle#54730 -> PR #54869; ivy#17033",
    "SO 75735708 (example-a.com mirror)",
    "google-deepmind/optax#1267 -> #1346",
    "google-deepmind/optax#431",
    "google-deepmind/optax#896 -> #898/#916",
    "jax-ml/jax#2107, #2140",
    "keras-team/keras#15249",
    "keras-team/keras#15341 -> PR #15363",
    "keras-team/keras#17029",
    "keras-team/keras#17388",
    "keras-team/keras#377",
    "keras-team/keras#9664",
    "keras-team/keras-core#196",
    "kornia/kornia#918",
    "pytorch/pytorch PR #2221",
    "pytorch/pytorch PR #66441 / #20972",
    "pytorch/pytorch PR #92145",
    "pytorch/pytorch#102894",
    "pytorch/pytorch#103316",
    "pytorch/pytorch#123339 (also #110865, #80208)",
    "pytorch/pytorch#13448",
    "pytorch/pytorch#135359",
    "pytorch/pytorch#13773",
    "pytorch/pytorch#15262, #87373, #99151",
    "pytorch/pytorch#1516",
    "pytorch/pytorch#17843 -> PR #20679",
    "pytorch/pytorch#18945 -> PR #26983",
    "pytorch/pytorch#1939, PR #1944",
    "pytorch/pytorch#19254",
    "pytorch/pytorch#195075",
    "pytorch/pytorch#195529",
    "pytorch/pytorch#2298, PR #1792 -> #2195",
    "pytorch/pytorch#24933 -> PR #31365",
    "pytorch/pytorch#25174",
    "pytorch/pytorch#27936, #82496",
    "pytorch/pytorch#4867",
    "pytorch/pytorch#49844",
    "pytorch/pytorch#51866",
    "pytorch/pytorch#51906",
    "pytorch/pytorch#56683 -> #59447, #77416",
    "pytorch/pytorch#59477",
    "pytorch/pytorch#69339, #72056",
    "pytorch/pytorch#75181",
    "pytorch/pytorch#79609",
    "pytorch/pytorch#9301",
    "pytorch/xla#2446",
    "scikit-learn#24315 -> #24354",
    "scikit-learn#28046 -> #28048",
    "scipy#18295",
    "tensorflow/tensorflow PR #41595",
    "tensorflow/tensorflow#30040, #35490",
    "tensorflow/tensorflow#61519",
    "tensorflow/tensorflow#75256",
}
"""The reports that the list was made from."""


def test_no_report_is_missing() -> None:
    assert {defect.report for defect in DEFECTS} == REPORTS
    assert all(defect.links and defect.why and (defect.code or defect.impossible) for defect in DEFECTS)


def test_the_first_link_is_that_of_the_report() -> None:
    for defect in DEFECTS:
        number = defect.links[0].rpartition("/")[2]
        assert number in defect.report, defect.id


def printed(wanted: Texts, fmt: Format, count: int) -> Seen:
    """A script that prints the numbers that somebody wrote down; one stands for all."""
    values = tuple(float(text) for text in wanted.texts)
    return Seen(values * (count if len(values) == 1 else 1), (fmt,) * max(len(values), count))


def rounded(numbers: Iterable[Number], fmt: Format) -> Seen:
    """A script that prints these numbers, correctly rounded."""
    values = to_float64(round_to(pack(numbers), fmt), fmt)
    return Seen(tuple(values.tolist()), (fmt,) * len(values))


def definite(wanted: object) -> bool:
    """Whether these are numbers, each of them one."""
    return isinstance(wanted, Texts) and not {ANY, FINITE_NUMBER} & set(wanted.texts)


@every_defect
def test_what_is_due_is_told_from_what_was_observed(defect: Defect) -> None:
    """The correctly rounded value is due and not the defect; what the reporter saw is the defect and not due."""
    due, observed, fmt, count = defect.due, defect.observed, BINARY32, 1
    if isinstance(due, Exactly):
        fmt, count = FORMATS[due.dtype], len(due.due())
        seen = rounded([value for _, (value, _) in due.due()], fmt)
        assert due.fits(seen)
        assert not definite(observed) or not observed.fits(seen)
    elif isinstance(due, Texts):
        count = len(due.texts)
        assert not definite(due) or due.fits(printed(due, fmt, count))
    else:
        assert not due.fits(Seen((1.0,), (fmt,)))
    if isinstance(observed, Texts) and definite(observed):
        seen = printed(observed, fmt, count)
        assert observed.fits(seen)
        assert not due.fits(seen)


@every_exact_one
def test_values_next_to_the_due_ones_are_not_due(defect: Defect) -> None:
    """A thousand ULP of the scale off, the other infinity, a number for a NaN: no check lets that pass."""
    due = defect.due
    assert isinstance(due, Exactly)
    fmt, pairs = FORMATS[due.dtype], [pair for _, pair in due.due()]
    seen, scales = rounded([value for value, _ in pairs], fmt), rounded([scale for _, scale in pairs], fmt)
    for k, value in enumerate(seen.values):
        off = value + 1e3 * 2.0**-fmt.precision * max(abs(scales.values[k]), fmt.smallest_normal)
        if not math.isfinite(value):
            off = 0.0 if math.isnan(value) else -value
        assert not due.fits(Seen((*seen.values[:k], off, *seen.values[k + 1 :]), seen.formats))


def test_quotes_stand_in_the_installed_source() -> None:
    """What the documentation is quoted with is there, but for line breaks."""
    compared = 0
    for defect in (d for d in DEFECTS if d.quote):
        path = Path(defect.source.partition(",")[0])
        try:
            installed = Path(str(distribution(path.parts[0]).locate_file(path)))
        except PackageNotFoundError:
            continue
        assert defect.quote in " ".join(installed.read_text().split()), defect.id
        compared += 1
    assert compared or not REQUIRED


@pytest.fixture(scope="module")
def here() -> list[dict[str, Any]]:
    """The checks on what is installed, as a user gets them."""
    done = bce("audit", "--known-defects", "--json")
    assert done.returncode == 0, done.stderr
    checks: list[dict[str, Any]] = json.loads(done.stdout)["checks"]
    return checks


def test_every_row_has_its_say(here: list[dict[str, Any]]) -> None:
    assert {check["report"] for check in here} == REPORTS
    assert all(check["said"] and check["state"] in STATES for check in here)
    for name in REQUIRED:
        mine = [check for check in here if check["adapter"] == name and check["framework"] == name]
        asked = [check for check in mine if check["state"] != NOT_APPLICABLE]
        assert not mine or len(asked) > len(mine) / 2, name
