"""The published figures on disk: the rows as JSON, so that the table is always what the data say. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from conformance.accuracy import Row, Sweep, Witness
from conformance.run import RunError, unread
from conformance.verdicts import VERDICTS

SCHEMA = "bce-conformance/accuracy/2"


def to_json(known: Sequence[Row]) -> str:
    """The data as compact JSON, one line a sweep and one line a row, which names its sweep by number."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
    sweeps: list[Sweep] = []
    for row in known:
        if row.sweep not in sweeps:
            sweeps.append(row.sweep)
    records = []
    for row in known:
        record = _record(row)
        record |= {"config": json.loads(row.config), "worst": [_record(witness) for witness in row.worst]}
        records.append(encode(record | {"sweep": sweeps.index(row.sweep)}))
    places = ",\n".join(encode(_record(sweep)) for sweep in sweeps)
    return f'{{"schema":"{SCHEMA}",\n"sweeps":[\n{places}\n],\n"rows":[\n' + ",\n".join(records) + "\n]}\n"


def from_json(text: str, place: str = "the text") -> list[Row]:
    """The rows that `to_json` wrote; `place` names the data in an error.

    Raises
    ------
    RunError
        They are damaged, or of another schema.
    """
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise RunError(f"The file {place} {unread(data['schema'], SCHEMA)}.")
        sweeps = [_made(Sweep, record) for record in data["sweeps"]]
        known = [_read(record, sweeps) for record in data["rows"]]
        return sorted(known, key=lambda row: row.key)  # which has them of a known dtype, method and label
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        said = f"{type(error).__name__}: {error}"
        raise RunError(
            f"The data in {place} are damaged ({said:.80}): delete the file and read the sweeps again."
        ) from error


def _record(one: Any) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}


def _made(kind: Any, record: Mapping[str, Any]) -> Any:
    """An object of a record whose every field has the type that it is to have."""
    for field in fields(kind):
        wanted = _TYPES[field.type.partition("[")[0]]
        if not isinstance(record[field.name], wanted) or isinstance(record[field.name], bool):
            raise ValueError(f"{field.name} is {record[field.name]!r:.40}")
    return kind(**record)


def _read(record: Mapping[str, Any], sweeps: Sequence[Sweep]) -> Row:
    changes: dict[str, Any] = {name: tuple(record[name]) for name in ("labels", "digests")}
    if not isinstance(record["config"], dict):
        raise ValueError("config is of another type")
    changes["worst"] = tuple(_made(Witness, witness) for witness in record["worst"])
    changes |= {"config": json.dumps(record["config"], sort_keys=True), "sweep": sweeps[record["sweep"]]}
    row: Row = _made(Row, {**record, **changes})
    if not row.verdicts.keys() <= set(VERDICTS) or sum(row.verdicts.values()) != row.points:
        raise ValueError(f"verdicts are {dict(row.verdicts)!r:.40}")
    for witness in row.worst:
        _ = [float.fromhex(number) for number in witness.inputs.values()]  # numbers, all of them
    return row


_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "int": (int,),
    "int | None": (int, type(None)),
    "float | None": (float, int, type(None)),
    "tuple": (tuple,),
    "Mapping": (dict,),
    "Sweep": (Sweep,),
}
