"""Where adapters/ and golden/ are: inside the package in a wheel, beside it in a checkout.

The wheel keeps them inside so that it installs one top-level name. They are looked for there first, because
what lies beside an installed package belongs to others: a widely used PyTorch library installs `adapters`.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent

RESULTS = "bce-results"
"""The folder of a run where none is named, in the current one."""


def adapters_folder() -> Path:
    """Return the folder of the built-in adapters and their expectations."""
    return folder("adapters")


def golden_folder() -> Path:
    """Return the folder of the golden tables."""
    return folder("golden")


def folder(name: str, package: Path = PACKAGE) -> Path:
    """Return where `name` is for a package that lies at `package`."""
    inside = package / "installed-data" / name
    return inside if inside.is_dir() else package.parent / name
