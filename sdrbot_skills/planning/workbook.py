"""The mapping as a workbook (CSV or XLSX), since department heads answer in spreadsheets: out, answered, and in again.

One row per field: where it comes from, where it goes, how, and what happens to a value that does not fit. A row without `to` says that the source field
stays behind; where the plan asks for its place, the comment names those that come into question. An XLSX has a second sheet, `values`: one row per entry of
a value map, read back with the first. Links and other questions are not in it; they stay in the plan.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdrbot_skills.errors import ConfigurationError, PlanInvalid
from sdrbot_skills.model.plan import FieldMapping, ObjectPlan, Otherwise, Plan, Question, Transform
from sdrbot_skills.model.schema import ObjectSchema
from sdrbot_skills.planning.questions import topic
from sdrbot_skills.planning.survey import FillRates

COLUMNS = ("object", "from", "label", "filled", "to", "target label", "how", "if it does not fit", "comment")
VALUE_COLUMNS = ("object", "to", "source value", "source label", "target value", "target label")
MAPPING, VALUES = "mapping", "values"
_IN_WORKBOOK = "in the workbook"
WAYS_OF_WRITING = {".csv", ".xlsx"}
Row = dict[str, str]


def write_workbook(
    plan: Plan,
    path: Path,
    source_schemas: Mapping[str, ObjectSchema],
    target_schemas: Mapping[str, ObjectSchema],
    fill: Mapping[str, FillRates] | None = None,
) -> int:
    """Write the mapping of every object and the source fields that stay behind; returns the number of rows."""
    rows = [
        row
        for word, entry in plan.objects.items()
        for row in _rows(word, entry, source_schemas, target_schemas, fill or {}, _places(plan, word))
    ]
    if _kind(path) == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows({column: _plain(row[column]) for column in COLUMNS} for row in rows)
    else:
        values = [
            row for word, entry in plan.objects.items() for row in _values(word, entry, source_schemas, target_schemas)
        ]
        _write_sheets(path, rows, values)
    return len(rows)


def read_workbook(plan: Plan, path: Path) -> Plan:
    """The plan with the mappings that the workbook says. Raises `PlanInvalid` naming every row that cannot be understood."""
    answered: dict[str, list[FieldMapping]] = {word: [] for word in plan.objects}
    problems: list[str] = []
    for number, row in enumerate(_read(path, COLUMNS), 2):
        word, target = row["object"], row["to"]
        if word not in plan.objects:
            problems.append(f"row {number}: the plan has no object {word!r}")
        elif target:
            try:
                answered[word].append(_mapping(plan.objects[word], row))
            except ValueError as error:
                problems.append(f"row {number} ({word} → {target}): {error}")
    if _has_values(path):
        problems += _take_values(plan, answered, _read(path, VALUE_COLUMNS, VALUES))
    for word, mappings in answered.items():
        names = [mapping.target for mapping in mappings]
        problems += [
            f"{word}: {name} is filled by {names.count(name)} rows"
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        ]
    if problems:
        raise PlanInvalid(problems)
    objects = {word: entry.model_copy(update={"fields": answered[word]}) for word, entry in plan.objects.items()}
    questions = [_answered(question, objects) for question in plan.questions]
    return plan.model_copy(update={"objects": objects, "questions": questions})


def _places(plan: Plan, word: str) -> dict[str, str]:
    """For each source field of the object whose place is in question, the places that come into question."""
    asked = [one for whole in plan.questions for one in (whole, *whole.parts) if topic(one) == "place"]
    return {
        one.id.split(".", 2)[2]: f"perhaps {', '.join(choice for choice in one.mappings if choice != 'create')}"
        for one in asked
        if one.object == word
    }


def _answered(question: Question, objects: Mapping[str, ObjectPlan]) -> Question:
    """A question for the place of a field that the workbook gave one is answered by that; one for several when all its parts are."""
    if question.parts:
        parts = [_answered(part, objects) for part in question.parts]
        done = all(part.answer is not None for part in parts)
        return question.model_copy(
            update={"parts": parts, "answer": question.answer or (_IN_WORKBOOK if done else None)}
        )
    entry = objects.get(str(question.object))
    placed = entry is not None and topic(question) == "place" and question.id.split(".", 2)[2] in entry.source_fields()
    return question.model_copy(update={"answer": question.answer or _IN_WORKBOOK}) if placed else question


def _rows(
    word: str,
    entry: ObjectPlan,
    sources: Mapping[str, ObjectSchema],
    targets: Mapping[str, ObjectSchema],
    fill: Mapping[str, FillRates],
    places: Mapping[str, str],
) -> Iterator[Row]:
    source, target = sources[entry.source], targets[entry.target]
    for mapping in entry.fields:
        known = target.field(mapping.target)
        first = source.field(mapping.source[0]) if mapping.source else None
        yield {
            "object": word,
            "from": " + ".join(mapping.source),
            "label": first.label if first else "",
            "filled": _filled(fill, entry.source, mapping.source),
            "to": mapping.target,
            "target label": known.label if known else "",
            "how": mapping.transform.name if mapping.transform else "",
            "if it does not fit": mapping.otherwise.value,
            "comment": mapping.reason or "",
        }
    carried = set(entry.source_fields())
    for left in source.fields:
        if left.name not in carried:
            empty = dict.fromkeys(COLUMNS, "")
            yield {
                **empty,
                "object": word,
                "from": left.name,
                "label": left.label,
                "filled": _filled(fill, entry.source, [left.name]),
                "comment": places.get(left.name, ""),
            }


def _values(
    word: str, entry: ObjectPlan, sources: Mapping[str, ObjectSchema], targets: Mapping[str, ObjectSchema]
) -> Iterator[Row]:
    """The entries of the value maps, with the names that people know the options by."""
    for mapping in entry.fields:
        theirs = _option_names(sources[entry.source], mapping.source[0] if mapping.source else "")
        ours = _option_names(targets[entry.target], mapping.target)
        for value, other in (mapping.value_map or {}).items():
            cells = (word, mapping.target, value, theirs.get(value, ""), other or "", ours.get(other or "", ""))
            yield dict(zip(VALUE_COLUMNS, cells, strict=True))


def _option_names(schema: ObjectSchema, field: str) -> dict[str, str]:
    found = schema.field(field)
    return {option.value: option.label for option in found.options} if found else {}


def _take_values(plan: Plan, answered: dict[str, list[FieldMapping]], rows: Sequence[Row]) -> list[str]:
    """Put the value maps of the second sheet into the mappings, and say which rows have no mapping to go to.

    A field that had a map and has no row left translates nothing any more: every value of it is one that does not fit.
    """
    maps: dict[tuple[str, str], dict[str, str | None]] = {}
    places = {(word, one.target) for word, entry in plan.objects.items() for one in [*entry.fields, *answered[word]]}
    problems = []
    for number, row in enumerate(rows, 2):
        place = (row["object"], row["to"])
        if place not in places:
            problems.append(f"{VALUES}, row {number}: the plan has no {row['object']} → {row['to']}")
        elif row["source value"] in maps.setdefault(place, {}):
            problems.append(f"{VALUES}, row {number}: {row['source value']!r} of {row['to']} stands there twice")
        else:
            maps[place][row["source value"]] = row["target value"] or None
    for word, mappings in answered.items():
        for index, mapping in enumerate(mappings):
            before = plan.objects[word].mapping(mapping.target)
            answer = maps.get((word, mapping.target), {})
            if before is not None and before.source != mapping.source:
                continue  # the rows are of the source field it had before
            if answer or (before is not None and before.value_map is not None):
                mappings[index] = mapping.model_copy(update={"value_map": answer})
    return problems


def _filled(fill: Mapping[str, FillRates], object_name: str, names: Sequence[str]) -> str:
    rates = fill.get(object_name)
    found = [rates.rate(name) for name in names] if rates else []
    known = [rate for rate in found if rate is not None]
    return f"{max(known):.0%}" if known else ""


def _mapping(entry: ObjectPlan, row: Row) -> FieldMapping:
    names = [name.strip() for name in row["from"].split("+") if name.strip()]
    before = entry.mapping(row["to"]) or FieldMapping(to=row["to"])
    changes: dict[str, Any] = {
        "source": names,
        "otherwise": Otherwise(row["if it does not fit"] or before.otherwise.value),
    }
    if row["how"] != (before.transform.name if before.transform else ""):
        changes["transform"] = Transform(name=row["how"]) if row["how"] else None
    if names != before.source:
        changes |= {"value_map": None, "confidence": 1.0, "reason": "as the workbook says"}
    return before.model_copy(update=changes)


def _read(path: Path, columns: Sequence[str], sheet: str = "") -> list[Row]:
    if not path.is_file():
        raise ConfigurationError(f"There is no workbook at {path}.")
    if _kind(path) == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.reader(file))
    else:
        table = _sheet(path, sheet)
    header = [name.strip().lower() for name in table[0]] if table else []
    needed = ("object", "source value", "target value", "to") if sheet else ("object", "from", "to")
    missing = [name for name in needed if name not in header]
    if missing:
        where = f"{path}, sheet {sheet}," if sheet else str(path)
        raise ConfigurationError(f"{where} has no column {', '.join(missing)}; its first row names the columns.")
    rows = [
        dict(zip(header, [cell.strip().removeprefix("'") for cell in line], strict=False))
        for line in table[1:]
        if any(line)
    ]
    return [{column: row.get(column, "") for column in columns} for row in rows]


def _has_values(path: Path) -> bool:
    if _kind(path) == ".csv":
        return False
    book = _opened(path, read_only=True)
    try:
        return VALUES in book.sheetnames
    finally:
        book.close()


def _sheet(path: Path, name: str = "") -> list[list[str]]:
    book = _opened(path, data_only=True)
    try:
        sheet = book[name] if name else book.worksheets[0]
        return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    finally:
        book.close()


def _opened(path: Path, **how: bool) -> Any:
    from openpyxl import load_workbook  # a tenth of what a command loads, and few commands meet a spreadsheet

    return load_workbook(path, **how)


def _write_sheets(path: Path, rows: Sequence[Row], values: Sequence[Row]) -> None:
    from openpyxl import Workbook  # as in `_opened`

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = MAPPING
    _fill(sheet, COLUMNS, (12, 26, 28, 8, 26, 28, 14, 16, 50), rows)
    if values:
        _fill(book.create_sheet(VALUES), VALUE_COLUMNS, (12, 26, 28, 28, 28, 28), values)
    book.save(path)


def _fill(sheet: Any, columns: Sequence[str], widths: Sequence[int], rows: Sequence[Row]) -> None:
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_plain(row[column]) for column in columns])
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGHI", widths, strict=False):
        sheet.column_dimensions[letter].width = width


def _plain(text: str) -> str:
    """A cell that a spreadsheet shows and never calculates."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _kind(path: Path) -> str:
    if path.suffix.lower() not in WAYS_OF_WRITING:
        raise ConfigurationError(f"{path}: a workbook ends in {' or '.join(sorted(WAYS_OF_WRITING))}.")
    return path.suffix.lower()
