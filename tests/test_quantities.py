"""The routes of differentiation and their names."""

from conformance import losses
from conformance.quantities import exact, further, plain

BY = {"loss": (), "d_logits": ("logit",), "d_labels": ("label",), "d2_logits": ("logit", "logit")}


def test_plain_quantities_are_the_loss_and_reverse_mode() -> None:
    assert plain(BY) == {"loss": (), "d_logits": (("reverse", "logit"),), "d_labels": (("reverse", "label"),)}


def test_further_quantities_are_second_derivatives_and_other_routes() -> None:
    assert further(BY, ("reverse", "forward")) == {
        "d_logits@forward": (("forward", "logit"),),
        "d_labels@forward": (("forward", "label"),),
        "d2_logits": (("reverse", "logit"), ("reverse", "logit")),
        "d2_logits@forward": (("reverse", "logit"), ("forward", "logit")),
    }
    assert further(BY, ("reverse",)) == {"d2_logits": (("reverse", "logit"), ("reverse", "logit"))}


def test_no_quantity_is_measured_twice_and_each_has_an_exact_one() -> None:
    for name in losses.names():
        by = losses.load(name).QUANTITIES if "(" not in name else {}
        both = [*plain(by), *further(by, ("reverse", "forward", "forward-func"))]
        assert len(both) == len(set(both))
        assert {exact(quantity) for quantity in both} == set(by)
