"""The inputs: exact, named once and for all, in every region, at every threshold that matters."""

import hashlib
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from conformance import losses
from conformance.cases import Cases, build, distinct, kind, label_class
from conformance.cases import logit as logits
from conformance.cases import probability as probabilities
from conformance.cases import rest_probability as rests
from conformance.cell import LABEL_CLASSES
from conformance.formats import FORMATS, Format, from_float64, neighbours, to_float64

EVERY = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
SPACES = {losses.load(name).ARGUMENTS: name for name in reversed(losses.names())}
"""One loss for each tuple of arguments: cases depend on nothing else."""

every_loss = pytest.mark.parametrize("loss", SPACES.values())


def cases(loss: str, fmt: Format, tier: str = "default") -> Cases:
    return build(losses.load(loss).ARGUMENTS, fmt.name, tier)


@EVERY
@every_loss
def test_every_case_has_a_name_of_its_own_and_is_exact(loss: str, fmt: Format) -> None:
    found = cases(loss, fmt)
    assert 2000 < len(found) < 30_000, "several thousand"
    assert len(cases(loss, fmt, "quick")) < 12_000
    assert len({found.name(i) for i in range(len(found))}) == len(found)
    assert len({tuple(int(b[i]) for b in found.bits) for i in range(len(found))}) == len(found), "a case twice"
    for bits, values in zip(found.bits, found.values, strict=True):
        assert bits.dtype == fmt.storage
        np.testing.assert_array_equal(to_float64(bits, fmt), values)
        kept = ~np.isnan(values)
        np.testing.assert_array_equal(from_float64(values, fmt)[kept], bits[kept])


STABLE = {
    ("sigmoid_cross_entropy", "binary32"): "logit=ln2+1ulp,label=0.5",
    ("sigmoid_cross_entropy", "binary16"): "logit=-(p*ln2-2ulp),label=0+1ulp",
    ("sigmoid_cross_entropy", "bfloat16"): "logit=-ln(minsubnormal)+2ulp,label=0.9",
    ("focal(gamma=2,alpha=0.25)", "binary16"): "logit=-(p*ln2-ln(1.5)+1ulp),label=2^-p",
    ("weighted_sigmoid_cross_entropy", "binary64"): "logit=-(745-1ulp),label=1-1ulp,pos_weight=large",
    ("binary_cross_entropy", "binary64"): "probability=1-1e-7-1ulp,label=0.999",
    ("binary_cross_entropy", "binary32"): "probability=e^-100+1ulp,label=1",
    ("softmax_cross_entropy(classes=3)", "binary32"): "logit=104-1ulp,rest=-17,label=0.9",
    ("softmax_cross_entropy(classes=2)", "binary64"): "logit=-inf,rest=-inf,label=1",
    ("categorical_cross_entropy(classes=3)", "bfloat16"): "probability=0.9,rest_probability=1e-7,label=1-1ulp",
    ("element_weighted_sigmoid_cross_entropy", "binary16"): "logit=-inf,label=1,weight=0",
}


@pytest.mark.parametrize(("where", "name"), STABLE.items())
def test_names_are_stable_and_readable(where: tuple[str, str], name: str) -> None:
    found = cases(where[0], FORMATS[where[1]])
    i = found.find(name)
    assert found.name(i) == name and list(found.hex(i)) == list(found.arguments)
    assert [float.fromhex(h) for h in found.hex(i).values()] == [float(v[i]) for v in found.values]
    with pytest.raises(KeyError, match="no case is named 'logit=no'"):
        found.find("logit=no")


@EVERY
@every_loss
def test_building_again_gives_the_same_cases(loss: str, fmt: Format) -> None:
    def digest() -> str:
        build.cache_clear()
        found = cases(loss, fmt)
        return hashlib.sha256(b"".join(b.tobytes() for b in (*found.bits, found.index, found.region))).hexdigest()

    assert digest() == digest()


@EVERY
@every_loss
def test_the_quick_tier_is_the_beginning_of_the_default(loss: str, fmt: Format) -> None:
    """So that a case has one index, whatever the tier."""
    quick, default = cases(loss, fmt, "quick"), cases(loss, fmt)
    assert len(quick) < len(default)
    assert [quick.name(i) for i in range(len(quick))] == [default.name(i) for i in range(len(quick))]
    for a, b in zip(quick.bits, default.bits, strict=True):
        np.testing.assert_array_equal(a, b[: len(quick)])


@EVERY
@every_loss
def test_every_region_meets_every_label_class(loss: str, fmt: Format) -> None:
    for tier in ("quick", "default"):
        found = cases(loss, fmt, tier)
        there = {(found.regions[r], LABEL_CLASSES[c]) for r, c in zip(found.region, found.label_class, strict=True)}
        assert there == {(region, label) for region in found.regions for label in LABEL_CLASSES}


def magnitudes(fmt: Format) -> set[float]:
    found = cases("sigmoid_cross_entropy", fmt)
    return set(found.values[0].tolist())


@EVERY
def test_both_sides_of_every_threshold_of_a_logit(fmt: Format) -> None:
    there = magnitudes(fmt)
    ln2 = math.log(2)
    thresholds = [
        ln2,
        fmt.precision * ln2,
        math.log(fmt.largest),
        -math.log(fmt.smallest_normal),
        -math.log(fmt.smallest),
        17,
        37,
        89,
        104,
        710,
        745,
    ]
    for value in thresholds:
        for near in neighbours(float(value), fmt, 2):
            assert near in there and -near in there, value


@EVERY
def test_special_numbers_and_all_powers_of_two(fmt: Format) -> None:
    there = magnitudes(fmt)
    specials = [0.0, fmt.smallest, fmt.smallest_normal, fmt.smallest_normal - fmt.smallest, fmt.largest, math.inf]
    powers = [2.0**k for k in range(fmt.quantum, fmt.emax + 1)]
    for value in specials + powers:
        assert value in there and -value in there
    first = cases("sigmoid_cross_entropy", fmt).values[0]
    assert np.isnan(first).any() and np.signbit(first[first == 0]).any() and not np.signbit(first[first == 0]).all()


@EVERY
def test_probabilities_that_matter(fmt: Format) -> None:
    there = set(cases("binary_cross_entropy", fmt).values[0].tolist())
    ulp = 2.0**-fmt.precision
    wanted = [0.0, 1.0, 1 - ulp, 1 - 2 * ulp, 0.5, fmt.smallest, fmt.smallest_normal - fmt.smallest]
    wanted += [*neighbours(0.5, fmt, 2)]
    for value in (1e-7, 1 - 1e-7, 1e-12, math.exp(-100)):
        wanted += [v for v in neighbours(value, fmt, 2) if 0 < v < 1]
    wanted += [2.0**k for k in range(fmt.quantum, 0)]
    assert [v for v in wanted if v not in there] == []


@EVERY
def test_labels_and_weights_that_matter(fmt: Format) -> None:
    found = cases("weighted_sigmoid_cross_entropy", fmt)
    labels, weights = set(found.values[1].tolist()), set(found.values[2].tolist())
    exact = {0.0, 1.0, 0.5, fmt.smallest, 1 - 2.0**-fmt.precision, -0.5, 1.5, 2.0}
    close = {neighbours(v, fmt, 0)[0] for v in (0.1, 0.9, 0.999)}
    assert exact | close <= labels
    assert {0.0, 1.0, 3.0, 100.0} <= weights and min(weights - {0.0}) < 2.0**-6 and max(weights) > 100


@EVERY
def test_a_label_beside_a_row_leaves_an_exact_target_for_another_class(fmt: Format) -> None:
    for loss in ("softmax_cross_entropy(classes=3)", "categorical_cross_entropy(classes=3)"):
        found = cases(loss, fmt)
        y = found.values[2]
        assert {0.0, 1.0, 0.5, 1 - 2.0**-fmt.precision} <= set(y.tolist())
        np.testing.assert_array_equal(to_float64(from_float64(1 - y, fmt), fmt), 1 - y)
        assert (1 - (1 - y) == y).all()


@EVERY
def test_the_difference_of_two_logits_is_exact_or_beyond_the_format_and_gives_the_region(fmt: Format) -> None:
    """So that no limit has to forgive what e^−d makes of a rounded d."""
    found = cases("softmax_cross_entropy(classes=3)", fmt, "quick")
    x, r, _ = found.values
    seen = set()
    for first, rest, region in zip(x.tolist(), r.tolist(), found.region.tolist(), strict=True):
        name = found.regions[region]
        if math.isnan(first) or math.isnan(rest) or math.isnan(first - rest):
            assert name == "nan"
        elif math.isinf(first) or math.isinf(rest):
            assert name == "infinite"
        else:
            exact = Fraction(first) - Fraction(rest)
            d = float(exact) if abs(exact) <= fmt.largest else math.copysign(fmt.largest, first)
            assert abs(exact) > fmt.largest or neighbours(d, fmt, 0)[0] == d == exact
            assert name == logits.REGIONS[int(logits.region(np.array([d]), fmt)[0])]
            seen.add((name, rest))
    shifted = {name for name, rest in seen if rest}
    assert {"zero", "transition", "saturated+", "vanished+", "vanished-"} <= shifted
    assert ((x == fmt.largest) & (r == -fmt.largest)).any() and ((x == -fmt.largest) & (r == fmt.largest)).any()


def test_the_region_of_a_row_of_probabilities_is_that_of_its_share() -> None:
    p = np.array([0.5, 1e-7, 0.0, -0.0, 0.25, 2.0**-149, 0.5, 1e-12, 0.5, 1.5, math.nan, 0.0, 1.0, 0.5])
    r = np.array([0.5, 0.5, 0.5, 0.5, 0.0, 0.5, 2.0**-126, 0.5, 1e-7, 0.5, 0.5, 0.0, 1.0, -0.5])
    expected = ["transition", "transition", "zero", "zero", "one", "subnormal-input", "saturated+", "saturated-"]
    expected += ["saturated+", "outside", "nan", "zero", "transition", "outside"]
    found = rests.region(p, r, FORMATS["binary32"])
    assert [rests.REGIONS[k] for k in found] == expected


def test_every_stretch_of_the_grid_sees_every_soft_label_and_weight() -> None:
    found = cases("weighted_sigmoid_cross_entropy", FORMATS["binary32"])
    quick = len(cases("weighted_sigmoid_cross_entropy", FORMATS["binary32"], "quick"))
    labels, weights = found.values[1][quick:], found.values[2][quick:]
    soft = (labels > 0) & (labels < 1)
    for k in range(0, len(labels) - 100, 100):
        assert len(set(labels[k : k + 100][soft[k : k + 100]].tolist())) >= 6
        assert len(set(weights[k : k + 100].tolist())) == 6


LOGIT_REGIONS = {
    "nan": [math.nan],
    "infinite": [math.inf, -math.inf],
    "zero": [0.0, -0.0],
    "subnormal-input": [2.0**-149, -(2.0**-127)],
    "vanished+": [104.0, 1e30],
    "vanished-": [-104.0, -3.4e38],
    "subnormal-result+": [87.5, 103.9],
    "subnormal-result-": [-87.5, -103.9],
    "saturated+": [16.7, 87.3],
    "saturated-": [-16.7, -87.3],
    "tiny": [2.0**-126, 2.0**-25, -(2.0**-25)],
    "transition": [2.0**-24, 1.0, -16.6, 16.6],
}
PROBABILITY_REGIONS = {
    "nan": [math.nan],
    "outside": [-(2.0**-149), 1 + 2.0**-23, math.inf, -math.inf, -1.0],
    "zero": [0.0, -0.0],
    "one": [1.0],
    "subnormal-input": [2.0**-149, 2.0**-127],
    "saturated-": [2.0**-126, 2.0**-25],
    "saturated+": [1 - 2.0**-24, 1 - 2.0**-21],
    "transition": [2.0**-24, 0.5, 1 - 2.0**-20],
}


@pytest.mark.parametrize(("module", "expected"), [(logits, LOGIT_REGIONS), (probabilities, PROBABILITY_REGIONS)])
def test_a_value_lies_in_the_first_region_that_holds(module: Any, expected: dict[str, list[float]]) -> None:
    """Some of these values satisfy several conditions: -inf is vanished too, a subnormal is tiny too."""
    assert tuple(expected) == module.REGIONS
    for region, values in expected.items():
        found = module.region(np.array(values), FORMATS["binary32"])
        assert [module.REGIONS[k] for k in found] == [region] * len(values)


@EVERY
def test_regions_mean_what_their_docstring_says(fmt: Format) -> None:
    """e^−|x| against half the smallest subnormal, the smallest normal number, half an ulp of 1."""
    found = cases("sigmoid_cross_entropy", fmt)
    finite = np.isfinite(found.values[0]) & (found.values[0] != 0)
    x, names = found.values[0][finite], np.array(found.regions)[found.region[finite]]
    bits = np.minimum(np.abs(x), 1e5) / math.log(2)  # e^−|x| is 2^−bits
    expected = np.select(
        [
            np.abs(x) < fmt.smallest_normal,
            bits > 1 - fmt.quantum,
            bits > -fmt.emin,
            bits > fmt.precision,
            np.abs(x) < 2.0**-fmt.precision,
        ],
        ["subnormal-input", "vanished", "subnormal-result", "saturated", "tiny"],
        "transition",
    )
    clear = np.ones(len(x), bool)  # at a threshold itself the quotient's last bit decides
    for threshold in (1 - fmt.quantum, -fmt.emin, fmt.precision):
        clear &= np.abs(bits - threshold) > 1e-15 * threshold
    assert clear.mean() > 0.95
    sides = np.char.add(expected, np.where(x > 0, "+", "-"))
    expected = np.where(np.isin(expected, ["vanished", "subnormal-result", "saturated"]), sides, expected)
    np.testing.assert_array_equal(names[clear], expected[clear])


def test_label_classes() -> None:
    values = np.array([0.0, -0.0, 1.0, 0.5, 2.0**-1074, 1 - 2.0**-53, -0.5, 1 + 2.0**-52, math.nan])
    names = [LABEL_CLASSES[k] for k in label_class(values)]
    assert names == ["hard0", "hard0", "hard1", "soft", "soft", "soft", "outside", "outside", "outside"]


def test_of_values_with_equal_bits_the_first_name_stays() -> None:
    names, bits = distinct([("a", 1.0), ("b", 1 + 2.0**-40), ("z", 0.0), ("n", -0.0), ("c", 1.0)], FORMATS["binary32"])
    assert names == ["a", "z", "n"] and bits.tolist() == [0x3F800000, 0, 0x80000000]


def test_a_mask_keeps_order_and_names() -> None:
    found = cases("binary_cross_entropy", FORMATS["binary16"], "quick")
    keep = np.arange(len(found)) % 7 == 3
    part = found.where(keep)
    assert [part.name(i) for i in range(len(part))] == [found.name(i) for i in np.flatnonzero(keep).tolist()]
    np.testing.assert_array_equal(part.region, found.region[keep])


def test_every_argument_of_every_loss_has_a_space() -> None:
    for loss in losses.names():
        first, *others = losses.load(loss).ARGUMENTS
        assert kind(first).REGIONS and all(kind(a).edges(FORMATS["binary16"]) for a in others)
