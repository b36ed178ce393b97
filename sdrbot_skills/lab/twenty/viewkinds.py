"""Views, columns, filters, sorts, groups: what each is made of, needs and may change (the OpenAPI document of a 2.21 workspace's metadata)."""

from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors, values

AGGREGATES = ("AVG", "COUNT", "MAX", "MIN", "SUM")
_WORDS_OF_OPERANDS = (
    "IS IS_NOT_NULL IS_NOT LESS_THAN_OR_EQUAL GREATER_THAN_OR_EQUAL IS_BEFORE IS_AFTER CONTAINS DOES_NOT_CONTAIN IS_EMPTY "
    "IS_NOT_EMPTY IS_RELATIVE IS_IN_PAST IS_IN_FUTURE IS_TODAY VECTOR_SEARCH"
)
OPERANDS = tuple(_WORDS_OF_OPERANDS.split())


@dataclass(frozen=True)
class ViewKind:
    """`defaults`: every part with what it is when it is not given; `fixed`: parts that never change; `once`: what may be there only once."""

    plural: str
    noun: str
    needs: tuple[str, ...]
    fixed: tuple[str, ...]
    defaults: Doc
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    once: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        return self.plural.removesuffix("s")

    @property
    def code(self) -> str:
        return self.noun.upper().replace(" ", "_")

    @property
    def changeable(self) -> list[str]:
        return [name for name in self.defaults if name not in self.fixed]

    def check(self, body: Doc, *, new: bool) -> None:
        """The request's own form, in the words of the web framework."""
        messages = []
        for name in self.needs if new else ():
            if body.get(name) is None:
                messages.append(f"{name} should not be null or undefined")
        for name, value in body.items():
            if value is not None:
                messages += self._problems(name, value)
        if messages:
            raise errors.nest(400, messages, "Bad Request")

    def _problems(self, name: str, value: Any) -> list[str]:
        if name in self.enums and value not in self.enums[name]:
            return [f"{name} must be one of the following values: {', '.join(self.enums[name])}"]
        if name in self.defaults and name.endswith("Id") and not values.is_uuid(str(value)):
            return [f"{name} must be a UUID"]
        if name in ("name", "icon", "fieldValue") and not isinstance(value, str):
            return [f"{name} must be a string"]
        if name.startswith("is") and name in self.defaults and not isinstance(value, bool):
            return [f"{name} must be a boolean value"]
        if name in ("position", "size") and (isinstance(value, bool) or not isinstance(value, int | float)):
            return [f"{name} must be a number conforming to the specified constraints"]
        return []


_PLACE = {"viewId": None, "fieldMetadataId": None}
_ON_A_VIEW = ("viewId", "fieldMetadataId")
KINDS = {
    kind.plural: kind
    for kind in (
        ViewKind(
            "views",
            "View",
            needs=("name", "objectMetadataId", "icon"),
            fixed=("objectMetadataId",),
            defaults={
                "name": None,
                "objectMetadataId": None,
                "type": "TABLE",
                "key": None,
                "icon": None,
                "position": 0,
                "isCompact": False,
                "openRecordIn": "SIDE_PANEL",
                "kanbanAggregateOperation": None,
                "kanbanAggregateOperationFieldMetadataId": None,
                "anyFieldFilterValue": None,
            },
            enums={
                "type": ("TABLE", "KANBAN"),
                "openRecordIn": ("SIDE_PANEL", "RECORD_PAGE"),
                "kanbanAggregateOperation": AGGREGATES,
            },
        ),
        ViewKind(
            "viewFields",
            "View field",
            needs=_ON_A_VIEW,
            fixed=_ON_A_VIEW,
            defaults={**_PLACE, "isVisible": True, "size": 0, "position": 0, "aggregateOperation": None},
            enums={"aggregateOperation": AGGREGATES},
            once=_ON_A_VIEW,
        ),
        ViewKind(
            "viewFilters",
            "View filter",
            needs=(*_ON_A_VIEW, "value"),
            fixed=_ON_A_VIEW,
            defaults={
                **_PLACE,
                "operand": "CONTAINS",
                "value": None,
                "viewFilterGroupId": None,
                "positionInViewFilterGroup": None,
                "subFieldName": None,
            },
            enums={"operand": OPERANDS},
        ),
        ViewKind(
            "viewSorts",
            "View sort",
            needs=_ON_A_VIEW,
            fixed=_ON_A_VIEW,
            defaults={**_PLACE, "direction": "ASC"},
            enums={"direction": ("ASC", "DESC")},
            once=_ON_A_VIEW,
        ),
        ViewKind(
            "viewGroups",
            "View group",
            needs=(*_ON_A_VIEW, "fieldValue"),
            fixed=_ON_A_VIEW,
            defaults={**_PLACE, "fieldValue": None, "isVisible": True, "position": 0},
            once=(*_ON_A_VIEW, "fieldValue"),
        ),
    )
}
"""By the plural in the path."""
