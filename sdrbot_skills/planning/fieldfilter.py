"""Which fields of an object somebody wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.survey import FillRates


@dataclass(frozen=True)
class FieldFilter:
    """All that is given has to be true of a field. `names`: API names; `like`: a part of the name or label, or a pattern with `*`; `filled`:
    some record of the sample has a value."""

    names: tuple[str, ...] = ()
    like: str = ""
    kinds: tuple[str, ...] = ()
    filled: bool = False
    required: bool = False
    unique: bool = False
    custom: bool = False

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.kinds if kind not in list(Kind)]
        if unknown:
            raise ConfigurationError(f"There is no kind {unknown[0]!r}. Kinds: {', '.join(Kind)}.")

    @property
    def chosen(self) -> bool:
        """Whether anything was asked for."""
        return self != FieldFilter()

    def of(self, schema: ObjectSchema, fill: FillRates) -> list[Field]:
        """The fields meant. Raises `ConfigurationError` for a name that the object does not have."""
        absent = [name for name in self.names if schema.field(name) is None]
        if absent:
            raise ConfigurationError(f"{schema.name} has no field {absent[0]!r} that this credential sees.")
        return [field for field in schema.fields if self._takes(field, fill)]

    def _takes(self, field: Field, fill: FillRates) -> bool:
        return (
            (not self.names or field.name in self.names)
            and (not self.like or _is_like(field, self.like.casefold()))
            and (not self.kinds or field.kind.value in self.kinds)
            and (not self.filled or bool(fill.rate(field.name)))
            and (not self.required or field.required)
            and (not self.unique or field.unique)
            and (not self.custom or field.custom)
        )


def _is_like(field: Field, pattern: str) -> bool:
    wanted = pattern if "*" in pattern else f"*{pattern}*"
    return any(fnmatchcase(text.casefold(), wanted) for text in (field.name, field.label))
