"""The page in a real browser: what a reader does with it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import browser, first_finding, folder, opened

from conformance.run import Run, read

__all__ = ["browser", "folder"]


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return read(folder)


@pytest.fixture
def shown(browser: Any, folder: Path) -> Iterator[Any]:
    """The page; at the end it has asked for nothing, and said nothing on the console."""
    tab, seen = opened(browser, folder / "report.html")
    yield tab
    tab.context.close()
    assert seen.errors == []
    assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []


def copied(tab: Any) -> str:
    text: str = tab.evaluate("navigator.clipboard.readText()")
    return text


def test_the_findings_stand_in_the_order_of_the_run(shown: Any, run: Run) -> None:
    shown.uncheck("#grouped")
    while shown.locator("#more").is_visible():
        shown.click("#more")
    ids = shown.evaluate("[...document.querySelectorAll('.finding')].length")
    assert ids == len(run.findings)
    for place in (0, 1, ids // 2, ids - 1):
        finding = shown.locator(".finding").nth(place)
        finding.locator("summary").click()
        assert finding.locator(".case .code").first.inner_text() == run.findings[place]
        assert finding.locator(".number").inner_text() == str(place + 1)


def test_filters_narrow_the_findings_and_can_be_cleared(shown: Any, run: Run) -> None:
    cells = run.by_id()
    lost_ones = [i for i in run.findings if "lost" in cells[i].findings]
    assert 0 < len(lost_ones) < len(run.findings)
    shown.select_option("#by-kind", "lost")
    assert shown.inner_text("#finding-count").startswith(f"{len(lost_ones):,} finding")
    shown.select_option("#by-quantity", "loss")
    fewer = [i for i in lost_ones if cells[i].quantity == "loss"]
    assert shown.inner_text("#finding-count").startswith(f"{len(fewer):,} finding")
    shown.fill("#by-text", "no such cell")
    assert shown.inner_text("#finding-empty-words") == "No finding passes these filters."
    shown.click("#clear")
    assert shown.inner_text("#finding-count").startswith(f"{len(run.findings):,} finding")


def test_expected_and_unexpected_are_told_apart(shown: Any, run: Run) -> None:
    shown.select_option("#by-expected", "yes")
    assert shown.inner_text("#finding-count").startswith("0 findings")
    shown.select_option("#by-expected", "no")
    assert shown.inner_text("#finding-count").startswith(f"{len(run.findings):,} finding")


def test_a_tile_opens_its_plot_and_gives_the_focus_back(shown: Any) -> None:
    tile = shown.locator(".tile.unexpected").first
    tile.click()
    assert shown.locator("#cell").evaluate("node => node.open")
    assert shown.locator(".plot .mark").count() > 20
    assert shown.locator(".histogram .bin").count() > 1
    assert shown.locator(".cases tbody tr").count() > 0
    assert shown.locator(".regions tbody tr").count() > 3
    shown.keyboard.press("Escape")
    assert not shown.locator("#cell").evaluate("node => node.open")
    assert tile.evaluate("node => node === document.activeElement")


def test_a_point_says_its_case_in_hexadecimal_and_decimal(shown: Any) -> None:
    shown.locator(".tile.unexpected").first.click()
    box = shown.locator(".plot .mark").first.bounding_box()
    shown.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    rows = shown.locator(".tip tr").all_inner_texts()
    assert [row.split("\t")[0].strip() for row in rows] == ["logit", "label", "got", "exact"]
    assert re.search(r"-?0x[01]\.?[0-9a-f]*p[+-]\d+", rows[0])
    shown.locator(".plot").focus()
    shown.keyboard.press("Home")
    first = shown.locator(".tip").inner_text()
    shown.keyboard.press("ArrowRight")
    assert shown.locator(".tip").inner_text() != first


def test_the_plot_has_the_results_of_the_run(shown: Any, run: Run) -> None:
    """The worst case of a witness is in the table of worst cases, bit for bit."""
    cells = run.by_id()
    witnessed = next(i for i in run.findings if cells[i].finding == "wrong-class" and cells[i].quantity == "loss")
    worst = cells[witnessed].worst
    assert worst is not None
    shown.fill("#by-text", witnessed)
    first_finding(shown).get_by_text("Show plot").click()
    table = shown.locator(".cases").inner_text()
    assert worst["inputs"]["logit"] in table
    assert {"nan": "NaN", "inf": "inf", "-inf": "−inf"}.get(worst["got"], worst["got"]) in table


def test_from_a_region_to_its_finding_and_the_focus_goes_there(shown: Any) -> None:
    shown.locator(".tile.unexpected").first.click()
    shown.locator(".regions .button").first.click()
    shown.wait_for_timeout(50)
    assert shown.evaluate("document.activeElement.closest('.finding[open]') !== null")
    assert 0 <= shown.locator(".finding[open] summary").bounding_box()["y"] < 900


def test_the_focus_stays_on_what_was_switched(shown: Any) -> None:
    shown.locator(".tile.unexpected").first.click()
    shown.locator("#switch-quantity").select_option(index=1)
    assert shown.evaluate("document.activeElement.id") == "switch-quantity"
    shown.locator("#overlay").select_option(index=1)
    shown.locator(".remove").click()
    assert shown.evaluate("document.activeElement.id") == "overlay"


def test_tests_are_laid_over_each_other(shown: Any) -> None:
    shown.locator(".tile.unexpected").first.click()
    alone = shown.locator(".plot .mark").count()
    shown.locator("#overlay").select_option(index=1)
    assert shown.locator(".key.named").count() == 2
    assert shown.locator(".plot .mark").count() > alone
    shown.locator(".remove").click()
    assert shown.locator(".plot .mark").count() == alone


def test_a_copied_script_shows_the_finding_in_a_fresh_interpreter(shown: Any, run: Run) -> None:
    cells = run.by_id()
    chosen = next(i for i in run.findings if cells[i].finding == "lost")
    shown.fill("#by-text", chosen)
    finding = first_finding(shown)
    finding.locator(".script .button").click()
    script = copied(shown)
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    worst = cells[chosen].worst
    assert worst is not None
    got = [float.fromhex(word) for word in ast.literal_eval(said.stdout)]
    assert got == [float.fromhex(worst["got"])]


def test_a_finding_has_an_address(shown: Any, run: Run) -> None:
    shown.select_option("#by-framework", index=1)
    chosen = run.findings[-1]
    shown.evaluate("id => { location.hash = '#finding=' + encodeURIComponent(id); }", chosen)
    finding = shown.locator(".finding[open]").first
    assert finding.locator(".case .code").first.inner_text() == chosen
    link = finding.get_by_text("Link to this finding").get_attribute("href")
    shown.goto(shown.url.partition("#")[0] + link)
    shown.reload()
    shown.wait_for_selector("body[data-ready]")
    assert shown.locator(".finding[open] .case .code").first.inner_text() == chosen
    shown.evaluate("location.hash = '#finding=%zz'")
    assert shown.locator("#said").inner_text() == "This page has no such finding."


def test_the_text_for_an_issue_is_complete(shown: Any, run: Run) -> None:
    finding = first_finding(shown)
    finding.get_by_text("Copy issue text").click()
    text, cell_of = copied(shown), run.by_id()[run.findings[0]]
    worst = cell_of.worst
    assert worst is not None
    assert text.startswith(cell_of.entry_point)
    for part in ("```python", "| got |", worst["exact"], run.findings[0], "Versions: numpy", *worst["inputs"].values()):
        assert part in text


def test_everything_is_reached_with_the_keyboard(shown: Any) -> None:
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.className") == "skip"
    shown.locator('.tile[tabindex="0"]').focus()
    before = shown.evaluate("document.activeElement.dataset.test")
    shown.keyboard.press("ArrowDown")
    assert shown.evaluate("document.activeElement.dataset.test") != before
    shown.keyboard.press("Enter")
    assert shown.locator("#cell").evaluate("node => node.open")
    shown.keyboard.press("Escape")
    summary = shown.locator(".finding summary").first
    summary.focus()
    shown.keyboard.press("Enter")
    shown.locator(".finding[open] .full").wait_for()


def test_every_control_has_a_name(shown: Any) -> None:
    shown.locator(".tile").first.click()
    nameless = shown.evaluate(
        """[...document.querySelectorAll('button, select, input, a')].filter((node) =>
        !(node.getAttribute('aria-label') || node.textContent.trim() || (node.labels && node.labels.length)))
        .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    names = shown.evaluate("[...document.querySelectorAll('.tile')].map((t) => t.getAttribute('aria-label'))")
    assert len({name.rpartition(": ")[0] for name in names}) == len(names)


def test_the_matrix_can_be_narrowed(shown: Any) -> None:
    rows = shown.locator("tr[data-text]:visible").count()
    shown.fill("#matrix-filter", "piecewise")
    assert 0 < shown.locator("tr[data-text]:visible").count() < rows
    assert shown.locator('.tile[tabindex="0"]:visible').count() == 1
    shown.fill("#matrix-filter", "no such thing")
    assert "no such thing" in shown.locator("#matrix-empty").inner_text()
    shown.fill("#matrix-filter", "")
    assert shown.locator("tr[data-text]:visible").count() == rows
    assert not shown.locator("#matrix-empty").is_visible()
