"""The two folders that travel with the project are found in a checkout and in a wheel."""

from pathlib import Path

from conformance import places

CHECKOUT = Path(__file__).resolve().parent.parent


def test_a_checkout_has_them_beside_the_package() -> None:
    assert places.adapters_folder() == CHECKOUT / "adapters"
    assert places.golden_folder() == CHECKOUT / "golden"


def test_a_wheel_has_them_inside_and_what_lies_beside_is_anothers(tmp_path: Path) -> None:
    package = tmp_path / "conformance"
    ours, anothers = package / "installed-data" / "adapters", tmp_path / "adapters"
    ours.mkdir(parents=True)
    anothers.mkdir()
    assert places.folder("adapters", package) == ours
