"""The suite as a user runs it: each test is a pytest session of its own."""

import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from handmade import PYTORCH, cell, lost, make_run, not_a_number

import conformance
from conformance.cell import Cell
from conformance.run import Run, write

pytest_plugins = ["pytester"]

PLUGIN = "conformance.pytest_plugin"

ADAPTER = """
from conformance.adapter import Adapter, EntryPoint

class Naive(Adapter):
    name = "naive"
    distributions = ("numpy",)
    imports = "import numpy as np, pathlib\\npathlib.Path({started!r}).touch()\\nnp.seterr(all='ignore')"
    names = {{"binary32": "'float32'"}}
    literal = "np.array({{values}}, {{dtype}})"
    derivatives = {{"reverse": "def {{g}}({{args}}):\\n    return {{call}}, {{hand}}"}}
    entry_points = (
        EntryPoint("np.log", "sigmoid_cross_entropy", "logit - logit * label + np.log(1 + np.exp(-logit))",
                   hand={{"label": "-logit"}}),
    )

    def make(self, bits, dtype):
        return bits.view(self.native[dtype])

ADAPTERS = [Naive()]
"""

CAUSE = """
[[cause]]
id = "exponential-overflows"
versions = { numpy = ">=1" }
verdicts = ["lost", "beyond-limit", "wrong-sign", "wrong-class"]
cap = 1e300
why = "exp(-x) overflows."
link = "https://example.org/naive"
"""


def suite(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run the suite in a process of its own, with the plugin where it is not installed."""
    installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", PLUGIN)
    return pytester.runpytest_subprocess(*plugin, "-p", "no:cacheprovider", "--pyargs", "conformance.suite", *arguments)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(conformance.__file__).parents[1]))


@pytest.fixture
def adapter(pytester: pytest.Pytester) -> Path:
    """An adapter file whose framework leaves a trace when it starts."""
    path = pytester.path / "adapters" / "naive.py"
    path.parent.mkdir()
    path.write_text(ADAPTER.format(started=str(pytester.path / "started")))
    return path


def naive(made: Cell) -> Cell:
    """The cell as one of an adapter that no expectation of the project speaks of."""
    fields = {name: getattr(made, name) for name in Cell.__slots__}
    return Cell(**{**fields, "id": made.id.replace("pytorch", "naive", 1), "adapter": "naive"})


def stored(pytester: pytest.Pytester, *cells: Cell, **changes: object) -> str:
    record = {**PYTORCH, "name": "naive", "versions": {"numpy": "2.0"}}
    write(naive_run(record, *cells, **changes), pytester.path / "results")
    return str(pytester.path / "results")


def naive_run(record: Mapping[str, object], *cells: Cell, **changes: object) -> Run:
    return make_run(*map(naive, cells), **{"adapters": [record], **changes})


def test_importing_the_plugin_is_light() -> None:
    heavy = ("numpy", "rich", "flint", "packaging", "conformance.cell", "conformance.adapter")
    code = f"import sys, {PLUGIN}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # pytest itself needs packaging in some releases.
    assert done.stdout.strip() in ("[]", "['packaging']")


def test_a_stored_run_is_one_test_for_each_subject_and_quantity(pytester: pytest.Pytester) -> None:
    clean = (cell(), cell(region="zero"), cell(quantity="loss"), cell(mode="vmap"))
    results = stored(pytester, *clean)
    done = suite(pytester, "--bce-run", results, "-v")
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines([f"*test_conformance[[]{naive(clean[0]).test}[]] PASSED*"])


def test_a_failure_tables_the_failing_regions_worst_first(pytester: pytest.Pytester) -> None:
    cells = (cell(region="zero"), lost(), lost(label_class="soft", ulp=7e6), not_a_number())
    done = suite(pytester, "--bce-run", stored(pytester, *cells))
    done.assert_outcomes(failed=1)
    assert done.ret == 1
    done.stdout.fnmatch_lines(
        [
            naive(lost()).test,
            "3 of 4 cells fail",
            "region * verdict * ULP * got * exact",
            "infinite * wrong-class * NaN * nan *",
            "saturated+ * soft * lost * 7.0e6 *",
            "saturated+ * hard1 * lost * 2.6e6 * 0x0p+0 * 3.67254e-39",
            "no cause covers it",
            f"bce-conformance explain '{naive(not_a_number()).id}' --run *results",
        ]
    )
    done.stdout.no_fnmatch_line("*Traceback*")
    done.stdout.no_fnmatch_line("zero *")


def test_findings_with_a_recorded_cause_are_expected_failures(pytester: pytest.Pytester, adapter: Path) -> None:
    (adapter.parent / "expectations").mkdir()
    (adapter.parent / "expectations" / "naive.toml").write_text(CAUSE)
    done = suite(pytester, "--bce-run", stored(pytester, lost()), "--bce-adapter", str(adapter), "-rx")
    done.assert_outcomes(xfailed=1)
    done.stdout.fnmatch_lines(["*recorded: exponential-overflows"])
    assert done.ret == 0


def test_a_stale_expectation_fails(pytester: pytest.Pytester, adapter: Path) -> None:
    recorded = adapter.parent / "expectations" / "recorded"
    recorded.mkdir(parents=True)
    (recorded.parent / "naive.toml").write_text(CAUSE)
    line = f"{naive(lost()).id},exponential-overflows,numpy>=1,x86_64-avx512,lost,2^24"
    (recorded / "naive.csv").write_text(f"cell,cause,versions,platform,verdict,bound\n{line}\n")
    done = suite(pytester, "--bce-run", stored(pytester, cell(), cell(mode="vmap")), "--bce-adapter", str(adapter))
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.fnmatch_lines([f"{naive(lost()).id}: the recorded finding (exponential-overflows) is gone*"])


def test_filters_keep_a_part(pytester: pytest.Pytester) -> None:
    results = stored(pytester, cell(), cell(mode="vmap"), cell(dtype="binary64"), cell(mode="vmap", dtype="binary64"))
    suite(pytester, "--bce-run", results, "--bce-mode", "vmap").assert_outcomes(passed=2)
    suite(pytester, "--bce-run", results, "--bce-mode", "vmap", "--bce-dtype", "binary64").assert_outcomes(passed=1)
    short = ("--bce-entry-point", "binary_cross_entropy_with_logits")
    suite(pytester, "--bce-run", results, *short).assert_outcomes(passed=4)
    assert suite(pytester, "--bce-run", results, "--bce-mode", "graph").ret == 4


def test_what_only_skipped_is_not_green(pytester: pytest.Pytester) -> None:
    unsupported = cell(region="every", label_class="every", verdicts={"unsupported": 9}, message="no gradients")
    done = suite(pytester, "--bce-run", stored(pytester, unsupported), "-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(["*no gradients"])
    assert done.ret == 5
    assert suite(pytester, "--bce-run", stored(pytester, unsupported, cell(mode="vmap"))).ret == 0


def test_a_required_adapter_may_not_be_missing(pytester: pytest.Pytester) -> None:
    gone = cell(region="every", label_class="every", verdicts={"unsupported": 9}, message="No module named 'naive'")
    record = {**PYTORCH, "name": "naive", "status": "unavailable", "reason": "No module named 'naive'"}
    results = stored(pytester, gone, adapters=[record])
    done = suite(pytester, "--bce-run", results, "--bce-require", "naive")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["naive is required and unavailable: No module named 'naive'"])
    done = suite(pytester, "--bce-run", results, "--bce-require", "jax")
    assert done.ret == 4
    done.stderr.fnmatch_lines(["*--bce-require jax: nothing of this adapter is tested*"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--bce-run", "nowhere"), "There is no run at"),
        (("--bce-adapter", "nowhere.py"), "there is no such file"),
        (("--bce-adapter", "nothing"), "nothing fits nothing here*known are*pytorch"),
        (("--bce-adapter", "reference", "--bce-dtype", "float32"), "float32 fits nothing here"),
        (("--bce-quick", "--bce-full"), "exclude each other"),
    ],
)
def test_bad_input_is_one_sentence(pytester: pytest.Pytester, arguments: tuple[str, ...], words: str) -> None:
    done = suite(pytester, *arguments)
    assert done.ret == 4
    done.stderr.fnmatch_lines([f"ERROR: *{words}*"])
    done.stdout.no_fnmatch_line("*Traceback*")


def test_a_new_adapter_is_measured_only_when_its_tests_run(pytester: pytest.Pytester, adapter: Path) -> None:
    started = pytester.path / "started"
    collected = suite(pytester, "--adapter", str(adapter), "--collect-only", "-q")
    collected.stdout.fnmatch_lines(
        [f"*[[]naive/np.log/-/eager/binary32/cpu/{name}[]]" for name in ("loss", "d_logits", "d_labels")]
    )
    assert not started.exists()
    done = suite(pytester, "--adapter", str(adapter), "--bce-quick")
    done.assert_outcomes(failed=1, skipped=1, passed=1)
    done.stdout.fnmatch_lines(["saturated-*", "bce-conformance explain 'naive/*"])
    assert started.exists()


def test_the_alias_is_only_there_inside_the_suite(pytester: pytest.Pytester) -> None:
    installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    pytester.makepyfile("def test_nothing(): pass")
    plugin = () if installed else ("-p", PLUGIN)
    done = pytester.runpytest_subprocess(*plugin, "--adapter", "naive.py")
    assert done.ret == 4
    done.stderr.fnmatch_lines(["*unrecognized arguments: --adapter*"])


def test_the_reference_passes(pytester: pytest.Pytester) -> None:
    options = ("--bce-dtype", "binary32", "--bce-entry-point", "sigmoid_cross_entropy", "--bce-quick")
    done = suite(pytester, "--bce-adapter", "reference", "--bce-require", "reference", *options)
    done.assert_outcomes(passed=3)
