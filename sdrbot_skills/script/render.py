"""From a plan to its script: readable, deterministic, and ours byte for byte where nobody edited it."""

from __future__ import annotations

import ast
import builtins
import difflib
import re
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from sdrbot_skills.errors import PlanInvalid
from sdrbot_skills.model.plan import Fallback, FieldMapping, ObjectPlan, Plan, Transform
from sdrbot_skills.resources import template_directory
from sdrbot_skills.script.layout import Call, Raw, dictionary, literal, statement
from sdrbot_skills.script.maps import maps_of, moved
from sdrbot_skills.script.parts import MARK, Function, Parts, fingerprint, names_used, take_apart
from sdrbot_skills.script.transforms import VOCABULARY


@dataclass
class Rendered:
    """A script, with what was kept of the one before (`kept`: functions a person edited) and what a person should look at."""

    text: str
    kept: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class _Section:
    """One object of the plan as the template needs it."""

    word: str
    source: str
    target: str
    field_map_name: str
    field_map: str
    value_maps: list[tuple[str, str]]
    value_map_table: str
    function_name: str
    function: str
    mark: str


def render(plan: Plan, keep: str | None = None) -> str:
    """The script of a plan. From `keep`, an earlier script of it, edited `transform_*` functions and a person's own additions are kept.

    Raises `PlanInvalid` where a mapping says nothing that could be rendered.
    """
    return render_again(plan, keep).text


def render_again(plan: Plan, keep: str | None) -> Rendered:
    """As `render`, and what was kept and what a person should look at."""
    parts = take_apart(keep) if keep is not None else Parts()
    sections = _sections(plan)
    edited = {section.word: parts.functions[section.word] for section in sections if _is_edited(parts, section.word)}
    warnings = []
    for section in sections:
        if section.word in edited:
            warnings += _changed(edited[section.word], section)
            section.function = edited[section.word].text
    text = _template().render(
        plan=plan,
        plan_sha256=plan.digest(),
        objects=sections,
        vocabulary=_imports(sections, parts),
        own_imports=parts.imports,
        additions=[text.strip("\n") for text in parts.additions],
        mark=MARK,
    )
    gone = [word for word, function in parts.functions.items() if function.edited and word not in plan.objects]
    warnings += [f"transform_{word} was edited and is left out: the plan has no {word!r} any more." for word in gone]
    return Rendered(text, sorted(function.name for function in edited.values()), warnings + _undefined(text))


def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(template_directory() / "migration"),
        undefined=StrictUndefined,
        autoescape=False,  # it makes Python, not HTML; every value goes through `literal`, `dictionary` or `words`
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(literal=literal, words=_words)
    return environment.get_template("migration.py.j2")


def _words(text: object) -> str:
    """A name from a CRM inside a docstring or comment: one line, nothing that could end it."""
    return re.sub(r'[\\"\x00-\x1f\x7f\u2028\u2029]+', " ", str(text)).strip()


def _is_edited(parts: Parts, word: str) -> bool:
    return word in parts.functions and parts.functions[word].edited


def _sections(plan: Plan) -> list[_Section]:
    maps = maps_of(plan)
    sections = []
    for word, entry in plan.objects.items():
        prefix = _identifier(word).upper()
        names = _value_map_names(prefix, list(maps.values[word]))
        function = _function(plan, word, entry, f"{prefix}_FIELD_MAP", names)
        sections.append(
            _Section(
                word=word,
                source=entry.source,
                target=entry.target,
                field_map_name=f"{prefix}_FIELD_MAP",
                field_map=dictionary(maps.fields[word]),
                value_maps=[(names[target], dictionary(values)) for target, values in maps.values[word].items()],
                value_map_table=dictionary({target: Raw(name) for target, name in names.items()}, indent=3),
                function_name=f"transform_{_identifier(word)}",
                function=function,
                mark=fingerprint(function),
            )
        )
    return sections


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower()


def _value_map_names(prefix: str, targets: list[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for target in targets:
        name = f"{prefix}_{_identifier(target).upper()}_VALUES"
        names[target] = name if name not in names.values() else f"{name}_{len(names) + 1}"
    return names


def _function(plan: Plan, word: str, entry: ObjectPlan, field_map: str, value_maps: dict[str, str]) -> str:
    carried = {id(mapping) for mapping in moved(entry)}
    lines = [
        f"def transform_{_identifier(word)}(source: dict[str, Any]) -> dict[str, Any]:",
        f'    """One record of {_words(entry.source)} as {_words(entry.target)}; None is "no value"."""',
        f"    result = move(source, {field_map})",
    ]
    for mapping in entry.fields:
        if id(mapping) not in carried:
            value = _value(word, mapping, value_maps.get(mapping.target))
            lines.append(statement(f"result[{literal(mapping.target)}]", value))
    return "\n".join([*lines, "    return filled(result)"])


def _value(word: str, mapping: FieldMapping, value_map: str | None) -> Any:
    """The expression that makes one target field's value."""
    value = _taken(word, mapping)
    if value_map is not None:
        settings = (("field", mapping.target), ("otherwise", mapping.otherwise.value))
        value = Call("map_value", (value, Raw(value_map)), settings)
    if mapping.fallback is None:
        return value
    instead = _instead(mapping.fallback)
    return instead if not mapping.source else Call("fallback", (value, instead))


def _taken(word: str, mapping: FieldMapping) -> Any:
    sources = [_get(name) for name in mapping.source]
    if mapping.transform is not None:
        return _transformed(mapping.transform, sources)
    if len(sources) == 1:
        return sources[0]
    if not sources and mapping.fallback is not None:
        return None
    wrong = "several source fields need a transform (first, join)" if sources else "no source, no constant, no fallback"
    raise PlanInvalid([f"{word}: {mapping.target}: {wrong}."])


def _transformed(transform: Transform, sources: list[Any]) -> Any:
    if transform.name == "constant":
        return transform.settings.get("value")
    if transform.name not in VOCABULARY:
        raise PlanInvalid([f"There is no transform called {transform.name!r}."])
    return Call(transform.name, tuple(sources), tuple(transform.settings.items()))


def _instead(fallback: Fallback) -> Any:
    if fallback.from_field is None:
        return fallback.constant
    value = _get(fallback.from_field)
    if fallback.transform is not None:
        value = _transformed(fallback.transform, [value])
    return value if fallback.days_after is None else Call("days_after", (value,), (("days", fallback.days_after),))


def _get(name: str) -> Call:
    return Call("source.get", (name,))


def _imports(sections: list[_Section], parts: Parts) -> list[str]:
    used = set(parts.names)
    for section in sections:
        used |= names_used(ast.parse(section.function))
    return sorted({"run_migration", *(used & set(VOCABULARY))})


def _changed(kept: Function, section: _Section) -> list[str]:
    """A warning where the plan's own rendering of a kept function has changed since the person edited it."""
    if kept.mark == section.mark:
        return []
    lines = difflib.unified_diff(
        kept.text.splitlines(), section.function.splitlines(), "yours", "the plan's", lineterm=""
    )
    text = "\n".join(["The plan renders it differently now; see what you want of this:", *lines])
    return [f"{kept.name} was kept as you edited it. {text}"]


def _undefined(script: str) -> list[str]:
    """Warnings for names that a kept function uses and the script no longer has."""
    tree = ast.parse(script)
    defined = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    defined |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    defined |= {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    missing = sorted(names_used(tree) - defined - set(dir(builtins)) - {"__name__"})
    return [f"The script uses {name}, which is not in it any more." for name in missing]
