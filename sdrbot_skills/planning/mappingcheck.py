"""Whether one mapping can be carried out: its sources, transform, kinds, value map and fallback."""

from __future__ import annotations

from collections.abc import Iterator

from sdrbot_skills.model.plan import FieldMapping, Transform
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.transforms import TRANSFORMS
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.kinds import bridge, possible
from sdrbot_skills.planning.spelling import near

_OPTIONS = (Kind.CHOICE, Kind.CHOICES)


def mapping_problems(mapping: FieldMapping, source: ObjectSchema, target: Field) -> Iterator[str]:
    """Problems of one mapping to an existing, writable target field, each naming that field."""
    where = f"{target.name} ({target.label})"
    missing = [name for name in _read(mapping) if source.field(name) is None]
    yield from (f"{where}: the source has no field {name!r}.{near(name, source.by_name)}" for name in missing)
    if missing:
        return
    sources = [source.by_name[name] for name in mapping.source]
    yield from (f"{where}: {problem}" for problem in _shape_problems(mapping, sources, target))
    yield from (f"{where}: {problem}" for problem in _value_map_problems(mapping, sources, target))
    if mapping.fallback is not None and mapping.fallback.transform is not None:
        yield from (f"{where}: fallback: {problem}" for problem in transform_problems(mapping.fallback.transform, None))


def transform_problems(transform: Transform, sources: list[Field] | None) -> Iterator[str]:
    """Whether a transform of that name exists and may be used like this. `sources` `None`: one field of unknown kind."""
    spec = TRANSFORMS.get(transform.name)
    if spec is None:
        yield f"there is no transform {transform.name!r}.{near(transform.name, TRANSFORMS)}"
        return
    for name in transform.settings:
        if name not in spec.settings:
            yield f"{transform.name} has no setting {name!r}; it has: {', '.join(spec.settings) or 'none'}"
        elif not isinstance(transform.settings[name], spec.settings[name]):
            yield f"{transform.name}: {name} must be of type {spec.settings[name].__name__}"
    yield from (
        f"{transform.name} needs the setting {name!r}" for name in spec.needed if name not in transform.settings
    )
    if sources is not None:
        least, most = spec.sources
        if len(sources) < least or (most is not None and len(sources) > most):
            wanted = str(least) if least == most else f"{least} or more"
            yield f"{transform.name} takes {wanted} source fields, not {len(sources)}"
        yield from (
            f"{transform.name} cannot take {field.name}, which is {field.kind}"
            for field in sources
            if field.kind not in spec.takes
        )


def _read(mapping: FieldMapping) -> list[str]:
    fallback = mapping.fallback.from_field if mapping.fallback else None
    return [*mapping.source, fallback] if fallback else mapping.source


def _shape_problems(mapping: FieldMapping, sources: list[Field], target: Field) -> Iterator[str]:
    if mapping.transform is not None:
        yield from transform_problems(mapping.transform, sources)
        yield from _kind_given(mapping.transform, mapping, target)
    elif len(sources) > 1:
        yield "several source fields need a transform: `first` or `join`"
    elif not sources and mapping.fallback is None:
        yield "it has no source field; give it one, or `transform: {name: constant, settings: {value: ...}}`"
    elif sources and mapping.value_map is None:
        yield from _kinds_fit(sources[0], target)


def _kind_given(transform: Transform, mapping: FieldMapping, target: Field) -> Iterator[str]:
    spec = TRANSFORMS.get(transform.name)
    if spec is None or spec.gives is None or mapping.value_map is not None:
        return
    if not any(possible(given, target.kind) for given in spec.gives):
        yield f"{transform.name} gives {' or '.join(sorted(spec.gives))}, and the target field is {target.kind}"


def _kinds_fit(source: Field, target: Field) -> Iterator[str]:
    way = bridge(source, target)
    if way is None:
        yield f"{source.name} is {source.kind} and cannot become {target.kind}"
    elif way.values and target.restricted and not _same_options(source, target):
        yield f"options of {source.name} are not all options of the target: add a `value_map`"


def _same_options(source: Field, target: Field) -> bool:
    return bool(source.options) and {option.value for option in source.options} <= {
        option.value for option in target.options
    }


def _value_map_problems(mapping: FieldMapping, sources: list[Field], target: Field) -> Iterator[str]:
    if mapping.value_map is None or target.kind not in _OPTIONS or not target.options:
        return
    values = {option.value: option for option in target.options}
    for name, value in mapping.value_map.items():
        if value is not None and value not in values and target.restricted:
            yield f"the value map sends {name!r} to {value!r}, which is not an option there.{near(value, values)}"
        elif value in values and not values[value].active:
            yield f"the value map sends {name!r} to {value!r}, which is switched off on the target"
    known = {option.value for field in sources for option in field.options}
    if known and all(field.kind in _OPTIONS for field in sources):
        for name in mapping.value_map:
            if name not in known:
                yield f"the value map names {name!r}, which is not an option of {sources[0].name}.{near(name, known)}"
