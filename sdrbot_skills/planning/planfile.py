"""The plan's YAML file: written for reading, read with messages that name the line, edited without losing a person's comments."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from sdrbot_skills.errors import ConfigurationError, PlanInvalid
from sdrbot_skills.model.plan import ObjectPlan, Plan
from sdrbot_skills.model.values import instant

HEADER = """\
Migration plan: what moves where, and how. You may edit everything here; `crm-migrate check` tells what does not fit.
  fields     from -> to; several `from` need a transform (first, join, ...); `value_map` goes from their option to ours
  otherwise  what happens to a value that does not fit: reject (the record is kept back), truncate, blank, note
  match      how a record the target already has is recognised, and what is done then: skip, update, fill_blanks, create
  questions  put your answer into `crm-migrate answer PLAN QUESTION=ANSWER`, which changes the rest of the plan accordingly
What the plan does not name does not move. After a change: `crm-migrate render`, then a new dry run."""

_IDENTITIES = ("to", "id", "field", "op")
_LINE_WIDTH = 150
_FLOW_WIDTH = (
    110  # with its indentation shorter than a line: a wrapped line would end inside of a key, which is not YAML
)
_ALWAYS = {"version", "source", "target", "objects", "questions", "schema_changes"}


def load_plan(path: str | Path) -> Plan:
    """Read a plan. Raises `PlanInvalid` with line numbers where the file is not a plan, `ConfigurationError` where it cannot be read."""
    path = Path(path)
    document = _load(path, YAML(typ="safe"))
    if not isinstance(document, Mapping):
        raise PlanInvalid([f"{path} does not hold a plan."])
    try:
        return Plan.model_validate(_plain(document))
    except ValidationError as error:
        with_lines = _load(path)
        raise PlanInvalid([_explain(path, with_lines, problem) for problem in error.errors()]) from None


def save_plan(plan: Plan, path: str | Path) -> None:
    """Write a plan. Where the file holds one already it is edited in place: a person's comments and order of keys stay."""
    path = Path(path)
    fresh = _document(plan)
    document: CommentedMap | None = None
    if path.exists():
        existing = _load(path)
        document = existing if isinstance(existing, CommentedMap) else None
    if document is None:
        document = fresh
        document.yaml_set_start_comment(HEADER)
    else:
        _merge(document, fresh)
    buffer = io.StringIO()
    _yaml().dump(document, buffer)
    _write(path, buffer.getvalue())


def _write(path: Path, text: str) -> None:
    """All or nothing: a plan half written by a killed process would be read as another plan."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = _LINE_WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    return yaml


def _load(path: Path, yaml: YAML | None = None) -> Any:
    try:
        return (yaml or _yaml()).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"The plan {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise PlanInvalid([f"{path} is not text in UTF-8."]) from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise PlanInvalid([f"{path}, line {line}: this is not YAML: {error.problem}."]) from error


def _plain(value: Any) -> Any:
    """Without ruamel's own types; days and times as plans spell them, whether they were written with quotes or without."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, datetime):
        return instant(value.isoformat())
    if isinstance(value, date):
        return value.isoformat()
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value)
    return value


def _explain(path: Path, document: Mapping[str, Any], problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    line = _line(document, problem["loc"])
    message = {
        "extra_forbidden": "there is no such setting; look at its spelling and indentation",
        "missing": "this must be there and is not",
    }.get(problem["type"], problem["msg"] + _received(problem["input"]))
    return f"{path}, line {line}: {place}: {message}" if line else f"{path}: {place}: {message}"


def _received(value: Any) -> str:
    return f", not {value!r}" if isinstance(value, str | int | float) else ""


def _line(node: Any, location: tuple[int | str, ...]) -> int | None:
    """The line of the innermost part of a place that is in the file."""
    line = None
    for part in location:
        if isinstance(node, CommentedMap) and part in node:
            line = node.lc.key(part)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
        else:
            break
        node = node[part]
    return line


def _document(plan: Plan) -> CommentedMap:
    """The plan as a YAML document: defaults left out, small entries on one line."""
    body = plan.model_dump(mode="json", by_alias=True, exclude_none=True)
    sparse = plan.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    kept = {key: value for key, value in body.items() if key in sparse or key in _ALWAYS}
    kept = {key: sparse.get(key, value) for key, value in kept.items()}
    for word, entry in kept["objects"].items():
        entry["match"] = body["objects"][word]["match"]
        kept["objects"][word] = entry = {name: entry[name] for name in ObjectPlan.model_fields if name in entry}
        for mapping in entry["fields"]:
            if len(mapping.get("from", [])) == 1:
                mapping["from"] = mapping["from"][0]
    document = _commented(kept)
    assert isinstance(document, CommentedMap)
    return document


def _commented(value: Any, depth: int = 0) -> Any:
    if isinstance(value, Mapping):
        made = CommentedMap((key, _commented(entry, depth + 1)) for key, entry in value.items())
        if depth > 1 and _fits_on_a_line(value):
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        items = CommentedSeq(_commented(entry, depth + 1) for entry in value)
        if all(not isinstance(entry, Mapping | list) for entry in value):
            items.fa.set_flow_style()
        return items
    return value


def _fits_on_a_line(value: Mapping[str, Any]) -> bool:
    nested = [entry for entry in value.values() if isinstance(entry, Mapping | list) and entry]
    small = all(not isinstance(entry, Mapping) or len(entry) <= 3 for entry in nested)
    return small and len(str(value)) <= _FLOW_WIDTH


def _merge(old: CommentedMap, new: Mapping[str, Any]) -> None:
    """Make `old` say what `new` says, touching only what differs."""
    for key in [key for key in old if key not in new]:
        del old[key]
    for key, value in new.items():
        if key not in old:
            old[key] = value
        elif isinstance(old[key], CommentedMap) and isinstance(value, Mapping):
            _merge(old[key], value)
        elif isinstance(old[key], CommentedSeq) and isinstance(value, list) and _entries_are_maps(value):
            _merge_entries(old[key], value)
        elif _plain(old[key]) != _plain(value):
            old[key] = value
    if old.fa.flow_style() and not _fits_on_a_line(old):
        old.fa.set_block_style()


def _entries_are_maps(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _merge_entries(old: CommentedSeq, new: list[Any]) -> None:
    """Entries are the same where what names them (`to`, `id`, ...) is; others come and go, each with its comment."""
    names = [_identity(entry) for entry in old]
    wanted = [_identity(entry) for entry in new]
    known = dict(zip(names, old, strict=True))
    if len(known) < len(names) or len(set(wanted)) < len(wanted):
        known = {}
    comments = {name: old.ca.items.get(index) for index, name in enumerate(names)}
    merged = []
    for name, value in zip(wanted, new, strict=True):
        entry = known.get(name)
        if isinstance(entry, CommentedMap):
            _merge(entry, value)
        merged.append(value if entry is None else entry)
    if names == wanted and known:
        return
    old[:] = merged
    old.ca.items.clear()
    old.ca.items.update({index: comments[name] for index, name in enumerate(wanted) if known and comments.get(name)})


def _identity(entry: Any) -> str:
    """What names an entry of a list: its target field, its id, its condition; else all of it."""
    if not isinstance(entry, Mapping):
        return repr(entry)
    parts = [str(entry[name]) for name in _IDENTITIES if name in entry and not isinstance(entry[name], Mapping)]
    if isinstance(entry.get("field"), Mapping):
        parts += [str(entry.get("object")), str(entry["field"].get("name"))]
    return "|".join(parts) or repr(_plain(entry))
