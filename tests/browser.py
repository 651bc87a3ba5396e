"""A browser for tests of the page: the system's Chromium, driven without a window."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from commandline import bce

REQUIRED = bool(os.environ.get("BCE_REQUIRE_BROWSER"))
"""Whether a missing browser fails the tests; elsewhere they are skipped, with the reason."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)


@dataclass
class Seen:
    """What a page did beside what it was asked to."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser; skips where there is none, and fails there where one is required."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _without("playwright is not installed: pip install playwright")
    if path is None:
        _without("no Chromium is on the path: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


def _without(reason: str) -> None:
    if REQUIRED:
        pytest.fail(f"a browser is required (BCE_REQUIRE_BROWSER), and {reason}")
    pytest.skip(reason)


def opened(browser: Any, file: Path, **options: Any) -> tuple[Any, Seen]:
    """A page in a context of its own, when it has shown its data, and what else it does."""
    clipboard = ["clipboard-read", "clipboard-write"]
    options = {"viewport": {"width": 1280, "height": 900}, "permissions": clipboard, **options}
    page, seen = browser.new_context(**options).new_page(), Seen()
    page.set_default_timeout(20000)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: seen.requests.append(asked.url))
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    return page, seen


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of an audit of the textbook's formulas, the page beside them."""
    out = tmp_path_factory.mktemp("textbook")
    said = bce("audit", "--quick", "--adapter", "textbook", "--dtype", "binary32", "--out", str(out))
    assert said.returncode == 1, said.stderr
    return out


def first_finding(tab: Any) -> Any:
    tab.locator(".finding summary").first.click()
    return tab.locator(".finding[open]").first
