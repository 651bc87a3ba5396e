"""The result model on disk."""

import json
import os
import time
from pathlib import Path

import jsonschema
import pytest
from handmade import ENTRY_POINT, cell, lost, make_run, not_a_number

from conformance import run


def test_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = make_run(cell(), lost(mode="vmap"), not_a_number())
    path = run.write(made, tmp_path / "new" / "results")
    assert path.name == "run.json"
    assert run.read(path.parent) == run.read(path) == made
    assert os.listdir(path.parent) == ["run.json"]


def test_a_run_of_before_dates_were_kept_is_read() -> None:
    made = make_run(cell())
    data = json.loads(run.to_text(made))
    assert data.pop("date") == made.date
    old = run.from_text(json.dumps(data))
    assert old.date == "" and old.cells == made.cells
    jsonschema.validate(data, run.schema())


def test_satisfies_the_published_schema(tmp_path: Path) -> None:
    crashed = cell(
        verdicts={"crashed": 1}, region="every", label_class="every", max_ulp=None, limit=None, message="SIGSEGV"
    )
    made = make_run(cell(), lost(), not_a_number(mode="vmap"), crashed)
    validator = jsonschema.Draft202012Validator(run.schema())
    validator.check_schema(run.schema())
    validator.validate(json.loads(run.write(made, tmp_path).read_text()))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("schema",), "bce-conformance/run/2"),
        (("tier",), "slow"),
        (("date",), "yesterday"),
        (("cells", 0, "dtype"), "float32"),
        (("cells", 0, "verdicts"), {"fine": 1}),
        (("cells", 0, "worst", "inputs", "logit"), "1.5"),
        (("cells", 0, "id"), "pytorch/loss"),
        (("cells", 0, "cause"), "an expectation"),
        (("adapters", 0, "status"), "fine"),
        (("environment", "threads"), 0),
    ],
)
def test_the_schema_refuses_what_a_run_is_not(place: tuple[str | int, ...], value: object) -> None:
    data = json.loads(run.to_text(make_run(lost())))
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, run.schema())


def test_findings_stand_worst_first() -> None:
    nan, far, near = not_a_number(), lost(ulp=1e6), lost(ulp=1e3, mode="vmap")
    inexact = lost(ulp=1e9, mode="compiled", verdicts={"beyond-limit": 1})
    crashed = cell(verdicts={"crashed": 1}, dtype="binary16")
    made = make_run(cell(dtype="binary64"), near, inexact, far, nan, crashed)
    assert made.findings == tuple(each.id for each in (crashed, nan, far, near, inexact))


def test_knows_platform_and_versions() -> None:
    made = make_run(cell())
    assert made.platform == "x86_64-avx512"
    assert made.versions("pytorch") == {"torch": "2.13.0+cpu"}
    assert made.versions("jax") == {}


def test_a_failed_write_leaves_the_old_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run.write(make_run(cell()), tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(run.RunError, match=r"No space left on device.*choose another"):
        run.write(make_run(lost()), tmp_path)
    assert os.listdir(tmp_path) == ["run.json"]
    assert run.read(tmp_path) == make_run(cell())


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(run.RunError, match=r"The results folder .*file.* cannot be written .*: choose another"):
        run.prepare(tmp_path / "file" / "results")


def test_a_figure_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(run.RunError, match="not finite"):
        run.write(make_run(cell(max_ulp=float("nan"))), tmp_path)
    assert not list(tmp_path.iterdir())


def _broken(text: str) -> dict[str, str]:
    return {
        "truncated": text[: len(text) // 2],
        "empty": "",
        "NaN": text.replace('"max_ulp":0.75', '"max_ulp":NaN'),
        "run/1": text.replace("run/1", "run/9"),
        "schema None": "[]",
        "cell 0: the field 'mode' holds 1": text.replace('"mode":"eager"', '"mode":1'),
        "cell 0": text.replace('"cells":[', '"cells":[3,'),
        "'tier' is missing": text.replace('"tier":"default",', ""),
        "'cells' holds": text[: text.index('"cells"')] + '"cells":{}}',
        "a finding is of no cell": text.replace('"findings":[', '"findings":["none",'),
        "'findings' holds": text.replace('"findings":[', '"findings":[1,'),
        "'tier' holds": text.replace('"tier":"default"', '"tier":3'),
        "'left_out' holds": text.replace('"left_out":[', '"left_out":[{},'),
        "an adapter's 'versions' holds": text.replace('"versions":{', '"versions":[],"x":{'),
        "the environment's 'threads' holds": text.replace('"threads":', '"threads":"two","x":'),
        "'verdicts' holds": text.replace('"lost":', '"lost":-'),
        "an input holds": text.replace('"logit":"', '"logit":"0x1p+0) or exit('),
        "'id' holds": text.replace('/hard1"', '/hard2"'),
        "too large": text.replace('"max_ulp":0.75', '"max_ulp":1' + "0" * 400),
        "recursion": text.replace('"left_out":[', '"left_out":[' + "[" * 100_000),
        "an adapter lacks": text.replace('"reason":""', '"cause":""'),
    }


@pytest.mark.parametrize("words", _broken('"cells"'))
def test_a_damaged_run_is_one_sentence(tmp_path: Path, words: str) -> None:
    text = _broken(run.to_text(make_run(cell(), lost(mode="vmap"))))[words]
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(run.RunError) as caught:
        run.read(tmp_path)
    message = str(caught.value)
    assert str(tmp_path) in message and "\n" not in message and message.endswith(".")
    assert words in message or words in ("truncated", "empty")


@pytest.mark.parametrize(
    ("schema", "todo"),
    [
        ("bce-conformance/run/2", "upgrade bce-conformance"),
        ("bce-conformance/run/10", "upgrade bce-conformance"),
        ("bce-conformance/run/0", "measure it again"),
        ("bce-conformance/sweep/2", "name another file"),
        ("bce-conformance/run/x", "name another file"),
        (None, "name another file"),
    ],
)
def test_another_schema_says_what_to_do(schema: object, todo: str) -> None:
    text = json.dumps({**json.loads(run.to_text(make_run(cell()))), "schema": schema})
    with pytest.raises(run.RunError) as caught:
        run.from_text(text, "here")
    assert str(caught.value) == (
        f"The file here holds the schema {schema!r}, and this version reads 'bce-conformance/run/1': {todo}."
    )


def test_a_missing_run_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(run.RunError, match=r"There is no run at .*: make one with bce-conformance audit --out DIR\."):
        run.read(tmp_path)


def test_a_large_run_is_small_and_quick(tmp_path: Path) -> None:
    keras, tensorflow = "keras.losses.BinaryCrossentropy", "tf.nn.sigmoid_cross_entropy_with_logits"
    paths = (ENTRY_POINT, keras, tensorflow, "jax.nn.softplus")
    made = make_run(
        *(
            lost(entry_point=paths[number % 4], region=f"region-{number}", ulp=1.23456 + number / 7)
            if number % 5
            else cell(entry_point=paths[number % 4], region=f"region-{number}")
            for number in range(25_000)
        )
    )
    start = time.process_time()
    path = run.write(made, tmp_path)
    written = time.process_time() - start
    assert path.stat().st_size < 20_000_000
    start = time.process_time()
    json.loads(path.read_text())
    plain = time.process_time() - start
    start = time.process_time()
    run.read(path)
    assert time.process_time() - start < 8 * plain
    assert written < 8 * plain
