"""GROUP BY and aggregate functions of SOQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sdrbot_skills.lab.salesforce.columns import Batch, Column
from sdrbot_skills.lab.salesforce.soql import AGGREGATES, Call, Comparison, Condition, Logic, Path, Select, malformed

if TYPE_CHECKING:
    from sdrbot_skills.lab.salesforce.query import Query

Values = Callable[[Batch], list[Any]]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class Total:
    """One aggregate over one group, fed value by value."""

    def __init__(self, function: str) -> None:
        self.function = function
        self.count = 0
        self.sum = 0.0
        self.low: Any = None
        self.high: Any = None
        self.distinct: set[Any] = set()

    def add(self, value: Any) -> None:
        if value is None:
            return
        self.count += 1
        if self.function in ("SUM", "AVG"):
            self.sum += value
        elif self.function == "COUNT_DISTINCT":
            self.distinct.add(value.casefold() if isinstance(value, str) else value)
        elif self.function in ("MIN", "MAX"):
            self.low = value if self.low is None else min(self.low, value)
            self.high = value if self.high is None else max(self.high, value)

    def value(self) -> Any:
        match self.function:
            case "COUNT":
                return self.count
            case "COUNT_DISTINCT":
                return len(self.distinct)
            case "SUM":
                return round(self.sum, 6) if self.count else None
            case "AVG":
                return self.sum / self.count if self.count else None
            case "MIN":
                return self.low
            case _:
                return self.high


def aggregate(query: Query) -> list[dict[str, Any]]:
    """Rows as the API shows them: grouped fields by name or alias, aggregates by alias or expr0, expr1, ..."""
    select = query.select
    keys = [(_label(by), _values(query, by)) for by in select.group_by]
    calls = _calls(select)
    readers = [_values(query, Path(call.argument.parts, call.position)) if call.argument else None for call in calls]
    groups: dict[tuple[Any, ...], tuple[tuple[Any, ...], list[Total]]] = {}
    if not keys:
        groups[()] = ((), [Total(call.function) for call in calls])
    for batch in query.matching():
        key_columns = [read(batch) for _, read in keys]
        value_columns = [read(batch) if read else [1] * len(batch.rows) for read in readers]
        for i in range(len(batch.rows)):
            shown = tuple(column[i] for column in key_columns)
            folded = tuple(v.casefold() if isinstance(v, str) else v for v in shown)
            if folded not in groups:
                groups[folded] = (shown, [Total(call.function) for call in calls])
            for total, column in zip(groups[folded][1], value_columns, strict=True):
                total.add(column[i])
    rows = [_row(query, keys, calls, shown, totals) for shown, totals in groups.values()]
    return _finish(select, [row for row in rows if _having(select.having, calls, row)])


def _calls(select: Select) -> list[Call]:
    """Aggregates of the select list, and of HAVING and ORDER BY where these use further ones."""
    calls = [item for item in select.items if isinstance(item, Call) and item.function in AGGREGATES]
    extra = [order.by for order in select.order_by if isinstance(order.by, Call)]
    extra += [left for left in _lefts(select.having) if isinstance(left, Call)]
    for call in extra:
        if call.function in AGGREGATES and not any(_same(call, known) for known in calls):
            calls.append(call)
    return calls


def _lefts(condition: Condition | None) -> list[Any]:
    if condition is None:
        return []
    return (
        [left for part in condition.parts for left in _lefts(part)]
        if isinstance(condition, Logic)
        else [condition.left]
    )


def _same(one: Call, other: Call) -> bool:
    def name(call: Call) -> str:
        return str(call.argument).lower()

    return one.function == other.function and name(one) == name(other)


def _values(query: Query, by: Path | Call) -> Values:
    path = by if isinstance(by, Path) else by.argument
    if path is None:
        raise malformed(query.select.text, by.position, "unexpected token: ')'")
    column: Column = query.compiler.column(path)
    function = by.function if isinstance(by, Call) else ""
    cuts: dict[str, Callable[[str], Any]] = {
        "CALENDAR_YEAR": lambda v: int(v[:4]),
        "CALENDAR_MONTH": lambda v: int(v[5:7]),
        "DAY_ONLY": lambda v: v[:10],
    }
    if function not in cuts:
        return lambda batch: batch.column(column)
    cut = cuts[function]
    return lambda batch: [v and cut(v) for v in batch.column(column)]


def _label(by: Path | Call) -> str:
    """What a grouped expression is found by: the same in the select list, in GROUP BY and in ORDER BY."""
    if isinstance(by, Call) and by.function:
        return f"{by.function}({by.argument})".lower()
    return str(by if isinstance(by, Path) else by.argument).lower()


def _row(
    query: Query, keys: list[tuple[str, Values]], calls: list[Call], shown: tuple[Any, ...], totals: list[Total]
) -> dict[str, Any]:
    row: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
    values = {label: value for (label, _), value in zip(keys, shown, strict=True)}
    selected = query.select.items
    number = 0
    for item in selected:
        if isinstance(item, Call) and item.function in AGGREGATES:
            label = item.alias or f"expr{number}"
            number += item.alias is None
            row[label] = totals[calls.index(item)].value()
        elif isinstance(item, Call):
            label = item.alias or f"expr{number}"
            number += item.alias is None
            row[label] = values.get(_label(item))
        elif isinstance(item, Path):
            if _label(item) not in values:
                message = f"Field must be grouped or aggregated: {item}"
                raise malformed(query.select.text, item.position, message)
            row[query.compiler.column(item).field.name] = values[_label(item)]
    row["\0totals"] = [total.value() for total in totals]
    row["\0keys"] = values
    return row


def _having(condition: Condition | None, calls: list[Call], row: dict[str, Any]) -> bool:
    if condition is None:
        return True
    if isinstance(condition, Logic):
        parts = [_having(part, calls, row) for part in condition.parts]
        return not parts[0] if condition.operator == "NOT" else (all if condition.operator == "AND" else any)(parts)
    if not isinstance(condition, Comparison):
        return True
    value = _lookup(condition.left, calls, row)
    return value is not None and _COMPARE[condition.operator](value, condition.right.value)


def _lookup(by: Path | Call, calls: list[Call], row: dict[str, Any]) -> Any:
    if isinstance(by, Call) and by.function in AGGREGATES:
        return row["\0totals"][next(i for i, call in enumerate(calls) if _same(call, by))]
    return row["\0keys"].get(_label(by))


def _finish(select: Select, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    calls = _calls(select)
    for order in reversed(select.order_by):
        keys = [_lookup(order.by, calls, row) for row in rows]
        ranked = sorted(
            zip(keys, rows, strict=True), key=lambda pair: (pair[0] is not None, pair[0]), reverse=order.descending
        )
        rows = [row for _, row in ranked]
    for row in rows:
        del row["\0totals"], row["\0keys"]
    last = None if select.limit is None else select.offset + select.limit
    return rows[select.offset : last]
