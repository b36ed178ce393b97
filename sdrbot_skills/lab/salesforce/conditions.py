"""WHERE clauses of SOQL, compiled to functions over a batch of records.

Text compares without regard to case, except ids and case-sensitive fields; != and NOT IN hold for empty fields too,
< and > never do (vendor doc "Comparison Operators").
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sdrbot_skills.lab.salesforce import dates, ids
from sdrbot_skills.lab.salesforce.columns import Batch, Column
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.schema import Field
from sdrbot_skills.lab.salesforce.soql import Call, Comparison, Condition, Literal, Logic, Membership, Path, malformed

Predicate = Callable[[Batch], list[bool]]
NUMERIC = frozenset({"int", "double", "currency", "percent"})
IDS = frozenset({"id", "reference", "id_text"})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a is not None and a < b,
    "<=": lambda a, b: a is not None and a <= b,
    ">": lambda a, b: a is not None and a > b,
    ">=": lambda a, b: a is not None and a >= b,
}


class Compiler:
    """`column` resolves a path, `inner` runs a semi-join and gives its values, `text` is the query for messages."""

    def __init__(
        self,
        text: str,
        column: Callable[[Path], Column],
        inner: Callable[[Any], list[Any]],
        now: float,
        zone: str,
    ) -> None:
        self.text, self.column, self.inner, self.zone = text, column, inner, zone
        self.today = datetime.fromtimestamp(now, ZoneInfo(zone)).date()

    def compile(self, condition: Condition) -> Predicate:
        if isinstance(condition, Logic):
            return self._logic(condition)
        if isinstance(condition, Membership):
            return self._membership(condition)
        return self._comparison(condition)

    def _logic(self, logic: Logic) -> Predicate:
        parts = [self.compile(part) for part in logic.parts]
        if logic.operator == "NOT":
            inner = parts[0]
            return lambda batch: [not value for value in inner(batch)]
        combine: Callable[[Any], bool] = all if logic.operator == "AND" else any
        return lambda batch: [combine(values) for values in zip(*(part(batch) for part in parts), strict=True)]

    def _comparison(self, condition: Comparison) -> Predicate:
        column = self.filterable(condition.left)
        literal, operator = condition.right, condition.operator
        fold = column.field.folds_case
        if operator == "LIKE":
            return self._like(column, literal)
        if literal.kind == "range":
            return self._range(column, operator, literal)
        wanted = self.value(column.field, literal)
        if wanted is None and operator not in ("=", "!="):
            raise malformed(self.text, literal.position, f"unexpected token: 'null' for operator {operator}")
        compare = _COMPARE[operator]
        if fold:
            return lambda batch: [compare(v and v.casefold(), wanted) for v in batch.column(column)]
        return lambda batch: [compare(v, wanted) for v in batch.column(column)]

    def _like(self, column: Column, literal: Literal) -> Predicate:
        if literal.kind != "string" or column.field.type in NUMERIC | IDS | {"boolean", "date", "datetime"}:
            raise Refusal("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {column.field.type} field")
        pattern = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in literal.value)
        matches = re.compile(pattern, re.DOTALL | re.IGNORECASE).fullmatch
        return lambda batch: [v is not None and matches(v) is not None for v in batch.column(column)]

    def _range(self, column: Column, operator: str, literal: Literal) -> Predicate:
        try:
            first, after = dates.period(literal.value, self.today)
        except ValueError:
            raise malformed(self.text, literal.position, f"unexpected token: '{literal.value}'") from None
        if column.field.type == "date":
            low, high = first.isoformat(), after.isoformat()
        elif column.field.type == "datetime":
            low, high = dates.midnight(first, self.zone), dates.midnight(after, self.zone)
        else:
            raise self._mistyped(column.field, literal)
        tests: dict[str, Callable[[Any], bool]] = {
            "=": lambda v: v is not None and low <= v < high,
            "!=": lambda v: v is None or not low <= v < high,
            "<": lambda v: v is not None and v < low,
            "<=": lambda v: v is not None and v < high,
            ">": lambda v: v is not None and v >= high,
            ">=": lambda v: v is not None and v >= low,
        }
        test = tests[operator]
        return lambda batch: [test(v) for v in batch.column(column)]

    def _membership(self, condition: Membership) -> Predicate:
        column = self.filterable(condition.left)
        if condition.operator in ("INCLUDES", "EXCLUDES"):
            return self._includes(column, condition)
        wanted = set(self.members(column, condition))
        negated = condition.operator == "NOT IN"
        if column.field.folds_case:
            return lambda batch: [((v and v.casefold()) in wanted) != negated for v in batch.column(column)]
        return lambda batch: [(v in wanted) != negated for v in batch.column(column)]

    def members(self, column: Column, condition: Membership) -> list[Any]:
        """The values of an IN list, as they are compared."""
        if isinstance(condition.values, tuple):
            return [self.value(column.field, literal) for literal in condition.values]
        found = self.inner(condition.values)
        return [v.casefold() if column.field.folds_case and v else v for v in found]

    def _includes(self, column: Column, condition: Membership) -> Predicate:
        if column.field.type != "multipicklist" or not isinstance(condition.values, tuple):
            raise Refusal("INVALID_QUERY_FILTER_OPERATOR", "includes can only be used with multi-select picklists")
        sets = [{part.casefold() for part in str(value.value).split(";")} for value in condition.values]
        negated = condition.operator == "EXCLUDES"

        def test(value: str | None) -> bool:
            chosen = {part.casefold() for part in value.split(";")} if value else set()
            return any(wanted <= chosen for wanted in sets) != negated

        return lambda batch: [test(v) for v in batch.column(column)]

    # --- literals ---

    def filterable(self, left: Path | Call) -> Column:
        if isinstance(left, Call):
            raise malformed(self.text, left.position, f"unexpected token: '{left.function}'")
        column = self.column(left)
        if column.field.is_long_text or column.field.type == "address":
            message = f"field '{column.field.name}' can not be filtered in a query call"
            raise malformed(self.text, left.position, message, "INVALID_FIELD")
        return column

    def value(self, f: Field, literal: Literal) -> Any:
        """What a field's values are compared with. Raises Refusal where the literal is not of the field's type."""
        kind, value = literal.kind, literal.value
        if kind == "null":
            return False if f.type == "boolean" else None
        if f.type in NUMERIC and kind == "number":
            return value
        if f.type == "boolean" and kind == "boolean":
            return value
        if f.type == "date" and kind == "date":
            return value
        if f.type == "datetime" and kind == "datetime":
            return dates.instant(value.replace(" ", "+"))
        if f.type in IDS and kind == "string":
            return self._id(value)
        if f.type in NUMERIC | IDS | {"boolean", "date", "datetime"} or kind != "string":
            raise self._mistyped(f, literal)
        return value.casefold() if f.folds_case else value

    def _id(self, text: str) -> str:
        if text == "":
            return text
        canonical = ids.restore(text)
        if canonical is None:
            raise Refusal("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
        return canonical

    def _mistyped(self, f: Field, literal: Literal) -> Refusal:
        kinds = {"datetime": "dateTime", "currency": "decimal", "percent": "decimal", "double": "decimal"}
        kind = kinds.get(f.type, f.type if f.type in NUMERIC | {"boolean", "date"} else "string")
        quotes = "should be" if kind == "string" else "should not be"
        message = (
            f"value of filter criterion for field '{f.name}' must be of type {kind} and {quotes} enclosed in quotes"
        )
        return malformed(self.text, literal.position, message, "INVALID_FIELD")
