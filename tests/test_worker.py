"""Workers for real: each fault is a named result for its job, and the next job goes on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from workbench import FAULTY, REVERSE, fault, floats, job, key

from conformance.job import Span
from conformance.measure import Observation, Pool

DEATHS = key(FAULTY / "deaths.py", "deaths", PID_FILE="/dev/null")
ANSWERS = key(FAULTY / "answers.py", "answers")
SILENT = "without an answer"
CLOSED = "OSError: [Errno 9] Bad file descriptor"
THROWN = "terminate called after throwing an instance of 'std::bad_alloc'"
SOUND = [2.0, 4.0, 6.0]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("workers")
        patch.setattr("tempfile.tempdir", str(folder))
        with Pool(workers=2, memory_bytes=1 << 30, load_timeout=30) as pool:
            yield pool
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("segfault", "crashed", "SIGSEGV"),
        ("abort", "crashed", "SIGABRT: Check failed: labels are sorted"),
        ("exit", "crashed", f"exited with status 3 {SILENT}"),
        ("closed-pipes", "crashed", f"exited with status 1 {SILENT}: {CLOSED}"),
        ("killed", "out-of-memory", "SIGKILL from outside, as when the system runs out of memory"),
        ("bad-alloc", "out-of-memory", f"SIGABRT: {THROWN}"),
        ("memory", "out-of-memory", "MemoryError"),
        ("hang", "timed-out", "no answer within 0.5 s"),
        ("hang-with-the-lock", "timed-out", "no answer within 0.5 s"),
    ],
)
def test_a_death_is_a_result_and_the_next_job_goes_on(pool: Pool, name: str, status: str, message: str) -> None:
    seconds = 0.5 if name.startswith("hang") else 30
    died = pool.observe(fault(DEATHS, name, "time.sleep", timeout=seconds))
    assert (died.status, died.message, died.outputs) == (status, message, ())
    assert floats(pool.observe(job(DEATHS)).outputs[0]) == SOUND


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("shape", "wrong-shape", "order 0 has the shape (3, 1) instead of (3,)"),
        ("length", "wrong-shape", "order 0 has the shape (2,) instead of (3,)"),
        ("scalar", "wrong-shape", "order 0 has the shape () instead of (3,)"),
        ("pair", "wrong-shape", "the call returned 2 results"),
        ("none", "wrong-shape", "the call returned None"),
        ("always", "raised", "ZeroDivisionError"),
    ],
)
def test_a_wrong_answer_is_named(pool: Pool, name: str, status: str, message: str) -> None:
    observation = pool.observe(fault(ANSWERS, name, "numpy.add"))
    assert (observation.status, observation.message, observation.outputs) == (status, message, ())
    assert "program = lambda logit, label:" in observation.text
    assert floats(pool.observe(job(ANSWERS)).outputs[0]) == SOUND


@pytest.mark.parametrize(("name", "dtype"), [("dtype", "binary64"), ("complex", "complex128")])
def test_another_dtype_is_reported(pool: Pool, name: str, dtype: str) -> None:
    observation = pool.observe(fault(ANSWERS, name, "numpy.add"))
    assert (observation.status, observation.dtypes) == ("ok", (dtype,))


@pytest.mark.parametrize("name", ["stdout", "stderr", "stdin"])
def test_noise_changes_nothing(pool: Pool, name: str) -> None:
    assert floats(pool.observe(fault(ANSWERS, name, "numpy.add")).outputs[0]) == [1.0, 2.0, 3.0]
    assert floats(pool.observe(job(ANSWERS)).outputs[0]) == SOUND


@pytest.mark.parametrize(("name", "error"), [("one-case", "ValueError"), ("system-exit", "SystemExit")])
def test_a_raise_is_bisected_to_its_cases(pool: Pool, name: str, error: str) -> None:
    cases = np.arange(1.0, 1001.0)
    cases[[17, 500, 999]] = np.nan
    observation = pool.observe(fault(ANSWERS, name, "numpy.add", logit=cases))
    assert observation.status == "ok"
    assert observation.raised == dict.fromkeys((17, 500, 999), f"{error}: a NaN")
    assert np.array_equal(observation.outputs[0].view(np.float32), np.nan_to_num(cases))


def test_when_a_sample_raises_whole_all_raise(pool: Pool) -> None:
    observation = pool.observe(fault(ANSWERS, "always", "numpy.add", logit=np.ones(5000)))
    assert (observation.status, len(observation.raised)) == ("raised", 5000)


def test_a_raise_that_is_about_the_batch_blames_no_case(pool: Pool) -> None:
    observation = pool.observe(fault(ANSWERS, "crowd", "numpy.add", logit=np.ones(150)))
    assert (observation.status, observation.raised) == ("raised", {})
    assert observation.message == "cases raise together that do not raise apart: ValueError: too many"


def test_cases_that_run_alone_take_their_places(pool: Pool) -> None:
    cases = [1.0, np.nan, 3.0, 4.0]
    observation = pool.observe(fault(ANSWERS, "one-case", "numpy.add", logit=cases, alone=[1, 3]))
    assert (observation.status, observation.raised) == ("ok", {1: "ValueError: a NaN"})
    assert floats(observation.outputs[0]) == [1.0, 0.0, 3.0, 4.0]
    everything = pool.observe(fault(ANSWERS, "one-case", "numpy.add", logit=[np.nan], alone=[0]))
    assert (everything.status, everything.message) == ("raised", "ValueError: a NaN")


@pytest.mark.parametrize(
    ("adapter", "status", "message"),
    [
        ("changed-bit", "raised", "make changed an input: logit 0x1 became 0x0"),
        ("wider-input", "raised", "make gave binary64 (2,) for logit, not binary32 (2,)"),
        ("raising-make", "raised", "make of logit raised OSError: no such device"),
        ("missing", "unsupported", "No module named no_such_framework: install no-such-framework"),
        ("half-installed", "unsupported", "No module named no_such_part: install no_such_part"),
        ("nameless", "unsupported", "import for nameless raised ModuleNotFoundError: the framework requires its part"),
        ("exiting-import", "raised", "the import for exiting-import raised SystemExit: 1"),
        ("aborting-import", "crashed", "SIGABRT"),
        ("mistyped", "unsupported", "no entry point of mistyped resolves: AttributeError"),
        ("unheard-of", "raised", "no adapter of this file is called unheard-of"),
    ],
)
def test_a_faulty_boundary_is_named(pool: Pool, adapter: str, status: str, message: str) -> None:
    worker = key(FAULTY / "conversions.py", adapter)
    observation = pool.observe(job(worker, "numpy.log1p", logit=[1e-45, 1.0]))
    assert (observation.status, message in observation.message) == (status, True), observation.message


def test_a_lying_dtype_gets_a_name_that_no_format_has(pool: Pool) -> None:
    observation = pool.observe(job(key(FAULTY / "conversions.py", "lying-dtype"), "numpy.log1p"))
    assert (observation.status, observation.dtypes) == ("ok", ("uint64 called binary32",))


def test_an_adapter_file_that_does_not_import(pool: Pool) -> None:
    worker = key(FAULTY / "unfinished.py", "unfinished")
    assert "does not import; mend RuntimeError: half written" in pool.observe(job(worker)).message
    assert pool.describe(worker)["status"] == "unavailable"


def test_an_interpreter_that_is_not_there(pool: Pool) -> None:
    worker = key(python="/no/such/python")
    assert pool.describe(worker)["status"] == "unavailable"
    assert pool.observe(job(worker)).message.startswith("/no/such/python does not start")


def test_a_hanging_import_is_asked_once() -> None:
    worker = key(FAULTY / "conversions.py", "hanging-import")
    with Pool(load_timeout=0.7) as pool:
        description = pool.describe(worker)
        assert (description["status"], description["reason"]) == ("timed-out", "no answer within 0.7 s")
        assert [pool.observe(job(worker)).status for _ in range(50)] == ["timed-out"] * 50


def test_says_what_there_is(pool: Pool) -> None:
    description = pool.describe(key())
    assert (description["status"], description["dtypes"]) == ("ok", ["binary16", "binary32", "binary64"])
    assert description["versions"] == {"numpy": np.__version__}
    assert description["modes"] == {"eager": ""}
    assert [entry["reason"] for entry in description["entry_points"]] == [
        "",
        "",
        "AttributeError: module 'numpy' has no attribute 'no_such_function'",
        f"needs numpy 99.0 or newer, this is {np.__version__}",
    ]


@pytest.mark.parametrize(
    ("entry_point", "fields", "message"),
    [
        ("numpy.no_such_function", {}, "has no attribute 'no_such_function'"),
        ("numpy.add", {}, "needs numpy 99.0 or newer"),
        ("numpy.log1p", {"mode": "jit"}, "arithmetic has no mode 'jit'"),
        ("numpy.log1p", {"dtype": "bfloat16"}, "arithmetic has no bfloat16 in this release"),
        ("numpy.log1p", {"steps": (("forward", "logit"),)}, "arithmetic has no forward-mode derivatives"),
    ],
)
def test_what_a_release_lacks_is_unsupported(
    pool: Pool, entry_point: str, fields: dict[str, Any], message: str
) -> None:
    observation = pool.observe(job(key(), entry_point, **fields))
    assert (observation.status, message in observation.message) == ("unsupported", True), observation.message


def test_a_loss_and_its_gradient_come_from_one_call(pool: Pool) -> None:
    observation = pool.observe(job(key(), "numpy.log1p", logit=[0.0, -1.0], label=0.0, steps=REVERSE))
    loss, slope = (bits.view(np.float32) for bits in observation.outputs)
    assert observation.dtypes == ("binary32", "binary32")
    assert loss == pytest.approx([np.log(2), np.log1p(np.exp(-1))], rel=1e-6)
    assert slope == pytest.approx([0.5, 1 / (1 + np.e)], rel=1e-6)


def test_an_expression_needs_no_entry_point(pool: Pool) -> None:
    observation = pool.observe(job(key(), "", code="{'y': logit * label}['y']"))
    assert floats(observation.outputs[0]) == SOUND


def test_rows_have_their_own_shapes(pool: Pool) -> None:
    rows = np.ones((4, 2), np.float32).view(np.uint32)
    fields: dict[str, Any] = {"arguments": ("logits",), "inputs": (rows,), "logit": [0.0] * 4, "alone": [2]}
    assert floats(pool.observe(job(key(), "", code="logits.sum(1)", **fields)).outputs[0]) == [2.0] * 4


def test_large_arrays_cross_whole(pool: Pool) -> None:
    cases = np.arange(1 << 20, dtype=np.float32)
    observation = pool.observe(job(key(), "", code="logit", logit=cases))
    assert np.array_equal(observation.outputs[0].view(np.float32), cases)


@pytest.mark.parametrize("first", [0, 0x3F800000, 0xFFFFFF00])
def test_a_span_is_what_its_patterns_would_be(pool: Pool, first: int) -> None:
    """To the last pattern there is."""
    patterns = (np.arange(256) + first).astype(np.uint32)
    label = int(np.float32(2.0).view(np.uint32))
    given = pool.observe(job(key(), "", code="logit", logit=patterns.view(np.float32)))
    made = pool.observe(job(key(), "", code="logit", inputs=(), spans=(Span(first, 1, 256), Span(label, 0, 256))))
    assert (given.status, made.status) == ("ok", "ok")
    assert np.array_equal(given.outputs[0], made.outputs[0])


def test_shared_outputs_hold_until_the_next_job(pool: Pool) -> None:
    """A longer job gets more memory; what both sides see of the old one stays as it was."""
    seen = []
    for count in (3, 5000, 7):
        said = pool.observe(job(key(), "", code="logit + label", logit=np.arange(count), label=1.0, shared=True))
        assert said.status == "ok" and floats(said.outputs[0]) == [k + 1.0 for k in range(count)]
        seen.append(said.outputs[0])
    again = pool.observe(job(key(), "", code="logit + label", logit=np.arange(7), label=5.0, shared=True))
    assert floats(seen[2]) == floats(again.outputs[0]) == floats(seen[1])[:7] == [k + 5.0 for k in range(7)]
    assert floats(seen[0]) == [1.0, 2.0, 3.0]
    assert pool.observe(fault(ANSWERS, "length", "numpy.add", shared=True)).outputs == ()


def test_no_case_at_all(pool: Pool) -> None:
    observation = pool.observe(job(key(), "", code="logit", logit=[]))
    assert (observation.status, observation.outputs[0].shape) == ("ok", (0,))


def test_map_answers_every_job(pool: Pool) -> None:
    """Three workers, two at once, one of which dies half-way."""
    workers = (DEATHS, ANSWERS, key(FAULTY / "answers.py", "answers", THREADS="1"))
    jobs = [job(worker, label=float(n)) for n in range(20) for worker in workers]
    jobs[3] = fault(DEATHS, "abort", "time.sleep")
    seen: list[tuple[int, int]] = []
    pool.progress = lambda done, total, job, observation: seen.append((done, total))
    found: dict[int, Observation] = dict(pool.map(jobs))
    pool.progress = None
    assert seen == [(n, 60) for n in range(1, 61)]
    assert found.pop(3).status == "crashed"
    middles = {n: floats(observation.outputs[0])[1] for n, observation in found.items()}
    assert middles == {n: 2.0 * (n // 3) for n in range(60) if n != 3}


def test_a_fault_of_our_own_is_raised_by_map(pool: Pool) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        list(pool.map([job(key(), "", code="logit", mode=object()), job(key(), "", code="logit")]))
    assert floats(pool.observe(job(DEATHS)).outputs[0]) == SOUND
