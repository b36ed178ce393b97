"""One record on its way into the org, and the reading of what a request sent for it."""

from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.errors import Refusal, no_column
from sdrbot_skills.lab.salesforce.org import Org, View
from sdrbot_skills.lab.salesforce.schema import Field
from sdrbot_skills.lab.salesforce.values import Check, Unparsable, checker

Doc = dict[str, Any]


@dataclass
class Row:
    """`given` are the checked values this write sets (None clears), `parents` references by external id."""

    raw: Doc
    given: Doc = field(default_factory=dict)
    parents: dict[Field, Doc] = field(default_factory=dict)
    id: str | None = None
    number: int = 0
    before: Record | None = None
    doc: Doc = field(default_factory=dict)
    created: bool = False
    refusal: Refusal | None = None

    @property
    def ok(self) -> bool:
        return self.refusal is None

    def refuse(self, refusal: Refusal) -> None:
        """The first refusal of a row is the one that is told."""
        self.refusal = self.refusal or refusal


class NoColumn(Unparsable):
    """An unknown or invisible field: found while parsing, so the whole request is refused."""

    def __init__(self, name: str, sobject: str) -> None:
        found = no_column(name, sobject)
        Refusal.__init__(self, found.code, found.message)


class Reader:
    """Reads rows of one object; keeps the compiled checks until the schema changes."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self._version = -1
        self._checks: dict[str, dict[str, tuple[Field, Check]]] = {}

    def checks(self, view: View) -> dict[str, tuple[Field, Check]]:
        if self._version != self.org.edition:
            self._version = self.org.edition
            self._checks.clear()
        name = view.sobject.name
        if name not in self._checks:
            zone = "America/Los_Angeles"
            checks = {f.name: (f, checker(f, zone)) for f in view.readable.values()}
            self._checks[name] = checks | {name.lower(): check for name, check in checks.items()}
        return self._checks[name]

    def read(self, view: View, raw: Doc) -> Row:
        """Raises Unparsable (whole request); what is wrong with this row alone is its `refusal`."""
        row = Row(raw)
        checks = self.checks(view)
        for name, value in raw.items():
            known = checks.get(name) or checks.get(name.lower())
            try:
                if known is None or known[0].type == "id":
                    self._take_other(row, view, name, value)
                elif value is not None:
                    row.given[known[0].name] = known[1](value)
                else:
                    _check_clearable(known[0])
                    row.given[known[0].name] = None
            except Unparsable:
                raise
            except Refusal as refusal:
                row.refuse(refusal)
        return row

    def _take_other(self, row: Row, view: View, name: str, value: Any) -> None:
        """What is not an ordinary field: the id, a parent named by external id, or nothing the user sees."""
        if name.lower() == "id":
            self._take_id(row, view, value)
        elif name.lower() != "attributes":
            self._take_parent(row, view, name, value)

    def _take_id(self, row: Row, view: View, value: Any) -> None:
        if value is None or value == "":
            return
        canonical = ids.restore(value) if isinstance(value, str) else None
        if canonical is None or not canonical.startswith(view.sobject.prefix):
            label = view.sobject.fields["Id"].label
            row.refuse(Refusal("MALFORMED_ID", f"{label}: id value of incorrect type: {value}", ["Id"]))
            return
        row.id = canonical

    def _take_parent(self, row: Row, view: View, name: str, value: Any) -> None:
        f = view.sobject.parent(name)
        if f is None or f.name.lower() not in view.readable:
            raise NoColumn(name, view.sobject.name)
        if value is None:
            row.given[f.name] = None
        elif isinstance(value, dict):
            row.parents[f] = value
        else:
            raise Unparsable(f.to[0], value)


def _check_clearable(f: Field) -> None:
    """Raises Refusal for a checkbox, which is never empty."""
    if f.type == "boolean":
        raise Refusal("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{f.label}: value not of required type: null", [f.name])


def refuse_unwritable(view: View, row: Row, *, creating: bool) -> None:
    """Refuse fields that the user sees and cannot set."""
    allowed = view.settable[creating]
    names = [name for name in row.given if name not in allowed]
    names += [f.name for f in row.parents if f.name not in allowed]
    if names:
        message = (
            f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field"
            " and verify that it is read/write for your profile or permission set."
        )
        row.refuse(Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", message, names))
