"""The page in a real browser as runs differ: light and dark, a phone, a comparison, hostile names, nothing found."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import browser, first_finding, folder, opened
from commandline import bce
from handmade import PYTORCH, cell, lost, make_run, not_a_number

from conformance.expectations import Assessment, Expectations
from conformance.places import adapters_folder
from conformance.plan import Plan
from conformance.report.page import page
from conformance.report.page.payload import Told
from conformance.run import read
from conformance.subject import sources

__all__ = ["browser", "folder"]

CHANGING = str(Path(__file__).with_name("changing.py"))
HOSTILE = "<script>window.hit=1</script><img src=x onerror=window.hit=1>"

CONTRAST = """() => {
  const part = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map(Number).map(part);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    const found = getComputedStyle(node).backgroundColor;
    return /, 0\\)$/.test(found) ? ground(node.parentElement) : found;
  };
  let least = [99, ""];
  for (const node of document.querySelectorAll(".tile, .chip, .swatch, .quiet, h1, .button, .lead")) {
    if (!node.textContent.trim() || node.classList.contains("level-doc")) continue;
    const [one, two] = [light(getComputedStyle(node).color), light(ground(node))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < least[0]) least = [ratio, node.className + " " + node.textContent.slice(0, 40)];
  }
  return least;
}"""


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run that lost a tail, against the one before."""
    out = tmp_path_factory.mktemp("compared")
    for change in ("", "lost"):
        command = [sys.executable, "-m", "conformance", "audit", "--quick", "--adapter", CHANGING]
        command += ["--dtype", "binary32", "--out", str(out / (change or "plain"))]
        subprocess.run(command, env={**os.environ, "CHANGE": change}, capture_output=True, check=False)
    said = bce("report", str(out / "lost"), "--against", str(out / "plain"), "--adapter", CHANGING)
    assert said.returncode == 0, said.stderr
    return out / "lost" / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_light_and_dark(browser: Any, folder: Path, scheme: str) -> None:
    """Contrast of what is written on every tile and chip is at least 4.5."""
    tab, seen = opened(browser, folder / "report.html", color_scheme=scheme)
    worst = tab.evaluate(CONTRAST)
    assert worst[0] >= 4.5, worst
    body = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (body == "rgb(255, 255, 255)") == (scheme == "light")
    assert seen.errors == []
    tab.context.close()


def test_a_phone_scrolls_down_only(browser: Any, folder: Path) -> None:
    tab, _ = opened(browser, folder / "report.html", viewport={"width": 390, "height": 844})
    wide = "document.documentElement.scrollWidth"
    assert tab.evaluate(wide) == 390
    first_finding(tab)
    assert tab.evaluate(wide) == 390
    tab.locator(".tile.unexpected").first.click()
    assert tab.locator("#cell").evaluate("node => node.scrollWidth") <= 390
    tab.context.close()


def test_a_comparison_shows_what_changed_on_one_plot(browser: Any, compared: Path) -> None:
    tab, seen = opened(browser, compared)
    assert "New findings" in tab.inner_text("#change-kinds")
    assert tab.locator(".change").count() > 0
    tab.locator('.change:has-text("loss") >> text=Plot before and after').first.click()
    names = tab.locator(".key.named").all_inner_texts()
    assert len(names) == 2
    assert any(name.startswith("before:") for name in names)
    assert seen.errors == []
    tab.context.close()


def test_what_comes_from_a_run_stays_text(browser: Any, tmp_path: Path) -> None:
    record = {**PYTORCH, "name": HOSTILE, "versions": {HOSTILE: HOSTILE}}
    broken = {**PYTORCH, "name": "broken", "status": "unavailable", "reason": HOSTILE}
    cells = [lost(adapter=HOSTILE, message=HOSTILE), not_a_number(adapter=HOSTILE, mode=HOSTILE)]
    cells += [cell(entry_point=HOSTILE)]
    run = make_run(
        *cells, adapters=[record, broken], invocation=HOSTILE, left_out=[HOSTILE], environment={"cpu": HOSTILE}
    )
    assessment = Assessment({}, dict.fromkeys(run.findings, HOSTILE), {}, 1)
    file = tmp_path / "report.html"
    file.write_text(page(Told(run, Plan([]), assessment, Expectations().causes)), encoding="utf-8")
    tab, seen = opened(browser, file)
    assert HOSTILE in tab.inner_text(".matrix")
    tab.locator(".tile").first.click()
    tab.keyboard.press("Escape")
    assert HOSTILE in first_finding(tab).inner_text()
    assert tab.evaluate("window.hit") is None
    assert tab.locator("img, main script, dialog script").count() == 0
    assert seen.errors == []
    tab.context.close()


def test_a_script_takes_numbers_and_nothing_else(browser: Any, tmp_path: Path, folder: Path) -> None:
    """A reader runs what is copied: a run that was made by somebody else puts no code into it."""
    plan, run = Plan(sources([str(adapters_folder() / "textbook.py")]), "quick"), read(folder)
    worst = run.by_id()[run.findings[0]].worst
    assert worst is not None
    inputs = {**worst["inputs"], "logit": "0x0p+0'), exit('"}
    changed = replace(run.by_id()[run.findings[0]], worst={**worst, "inputs": inputs})
    file = tmp_path / "report.html"
    file.write_text(page(Told(make_run(changed), plan)), encoding="utf-8")
    tab, _ = opened(browser, file)
    assert first_finding(tab).locator(".script").count() == 0
    tab.context.close()


def test_the_matrix_tells_of_this_run_alone_and_hides_nothing_unexpected(browser: Any, tmp_path: Path) -> None:
    crashed = cell(verdicts={"crashed": 1}, region="every", label_class="every", max_ulp=None, limit=None, worst=None)
    run = make_run(cell(), lost(mode="vmap"), lost(mode="compiled"))
    assessment = Assessment({run.findings[0]: "known"}, {run.findings[1]: "no cause covers it"}, {}, 1)
    file = tmp_path / "report.html"
    file.write_text(page(Told(run, Plan([]), assessment, others=[crashed])), encoding="utf-8")
    tab, seen = opened(browser, file)
    assert tab.locator(".tile.unexpected").count() == 1
    assert "crashed" not in tab.locator("#matrix-table").inner_html()
    assert seen.errors == []
    tab.context.close()


def test_an_error_beyond_all_bounds_is_drawn(browser: Any, tmp_path: Path) -> None:
    tab, _ = opened(browser, _empty(tmp_path))
    places = tab.evaluate("""() => {
      const point = (ulp, column) => ({ kind: 0, label: "soft", column, ulp });
      const series = [{ points: [point(1, 3), point(1e305, 4), point(Infinity, 5)], byLabel: true, name: "", k: 0 }];
      const drawn = plot(series, { axis: { argument: "logit", ticks: [] }, columns: 128, limit: null, tell() {} });
      return [...drawn.querySelectorAll(".mark")].map((mark) => Number(mark.getAttribute("y")));
    }""")
    assert places[0] > places[1] == places[2] > 0
    tab.context.close()


def _empty(folder: Path) -> Path:
    file = folder / "report.html"
    file.write_text(page(Told(make_run(cell()), Plan([]))), encoding="utf-8")
    return file


def test_a_run_without_results_still_opens(browser: Any, tmp_path: Path) -> None:
    tab, seen = opened(browser, _empty(tmp_path))
    assert tab.locator("#finding-empty-words").inner_text().startswith("No findings")
    tab.locator(".tile").first.click()
    assert "no plot" in tab.locator("#cell-body .empty").inner_text()
    assert seen.errors == []
    tab.context.close()
