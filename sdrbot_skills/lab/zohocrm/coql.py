"""COQL read: `select a, b.c from M where ... order by ... limit ...` (vendor docs "Query API", "COQL limitations").

Strings stand in single quotes, with a backslash before a quote inside. Both spellings of the limit are read: `limit 10, 200` and `limit 200 offset 10`.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.lab.zohocrm.errors import refusal

MOST_COLUMNS, MOST_CRITERIA, MOST_ROWS, MOST_IN = 50, 25, 2000, 50
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<name>[A-Za-z_$][\w.$]*)|(?P<sign><=|>=|!=|<>|[=<>(),*]))",
    re.DOTALL,
)
_AGGREGATES = frozenset({"count", "max", "min", "sum", "avg"})


@dataclass
class Test:
    """One criterion. `op` is =, !=, <, <=, >, >=, in, not in, like, not like, between, null, not null."""

    column: str
    op: str
    value: Any = None


@dataclass
class Both:
    """Criteria joined by `word`, "and" or "or"."""

    word: str
    parts: list["Test | Both"]


@dataclass
class Query:
    columns: list[str]
    module: str
    where: Test | Both
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int = 200
    offset: int = 0
    count: str = ""


def parse(text: str) -> Query:
    """Raises the vendor's SYNTAX_ERROR, INVALID_QUERY or LIMIT_EXCEEDED."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._criteria = 0

    def query(self) -> Query:
        self._expect("select")
        columns, count = self._columns()
        self._expect("from")
        module = self._name()
        self._expect("where")
        query = Query(columns, module, self._joined(), count=count)
        if self._word("order"):
            self._expect("by")
            query.order = self._orders()
        if self._word("limit"):
            self._limits(query)
        if self._at < len(self._tokens):
            raise self._wrong()
        if len(columns) > MOST_COLUMNS or self._criteria > MOST_CRITERIA:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST_COLUMNS})
        return query

    def _columns(self) -> tuple[list[str], str]:
        columns, count = [], ""
        while True:
            name = self._name()
            if name.lower() in _AGGREGATES and self._sign("("):
                if name.lower() != "count":
                    raise self._wrong()
                count = f"{name}({self._name()})"
                self._expect(")")
                if self._word("as"):
                    count = self._name()
            else:
                columns.append(name)
            if not self._sign(","):
                return columns, count

    def _joined(self) -> Test | Both:
        """Joined criteria; `and` and `or` are not mixed without parentheses."""
        parts = [self._part()]
        word = ""
        while (found := "and" if self._word("and") else "or" if self._word("or") else "") != "":
            if word and word != found:
                raise self._wrong()
            word = found
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else Both(word, parts)

    def _part(self) -> Test | Both:
        if self._sign("("):
            inner = self._joined()
            self._expect(")")
            return inner
        self._criteria += 1
        return self._test(self._name())

    def _test(self, column: str) -> Test:
        if self._word("is"):
            known = self._word("not")
            self._expect("null")
            return Test(column, "not null" if known else "null")
        negated = "not " if self._word("not") else ""
        if self._word("in"):
            self._expect("(")
            values = [self._value()]
            while self._sign(","):
                values.append(self._value())
            self._expect(")")
            if len(values) > MOST_IN:
                raise refusal("LIMIT_EXCEEDED", {"limit": MOST_IN})
            return Test(column, f"{negated}in", values)
        if self._word("like"):
            return Test(column, f"{negated}like", self._value())
        if self._word("between"):
            low = self._value()
            self._expect("and")
            return Test(column, "between", [low, self._value()])
        for sign in ("<=", ">=", "!=", "<>", "=", "<", ">"):
            if self._sign(sign):
                return Test(column, "!=" if sign == "<>" else sign, self._value())
        raise self._wrong()

    def _orders(self) -> list[tuple[str, bool]]:
        orders = []
        while True:
            name = self._name()
            descending = self._word("desc")
            orders.append((name, descending or (self._word("asc") and False)))
            if not self._sign(","):
                return orders

    def _limits(self, query: Query) -> None:
        first = self._whole()
        if self._sign(","):
            query.offset, query.limit = first, self._whole()
        else:
            query.limit = first
            query.offset = self._whole() if self._word("offset") else 0
        if query.limit > MOST_ROWS:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST_ROWS})

    # --- tokens ---

    def _peek(self) -> tuple[str, Any]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", None)

    def _word(self, word: str) -> bool:
        kind, value = self._peek()
        found = kind == "name" and value.lower() == word
        self._at += found
        return found

    def _sign(self, sign: str) -> bool:
        found = self._peek() == ("sign", sign)
        self._at += found
        return found

    def _expect(self, what: str) -> None:
        if not (self._word(what) if what.isalpha() else self._sign(what)):
            raise self._wrong()

    def _name(self) -> str:
        kind, value = self._peek()
        if kind != "name":
            raise self._wrong()
        self._at += 1
        return str(value)

    def _value(self) -> Any:
        kind, value = self._peek()
        if kind == "name" and value.lower() in ("true", "false"):
            kind, value = "flag", value.lower() == "true"
        if kind not in ("text", "number", "flag"):
            raise self._wrong()
        self._at += 1
        return value

    def _whole(self) -> int:
        value = self._value()
        if not str(value).isdigit():
            raise self._wrong()
        return int(value)

    def _wrong(self) -> Exception:
        near = str(self._peek()[1] or "end of query")
        return refusal("SYNTAX_ERROR", {"near": near}, f"error occurred while parsing the query near {near}")


def _tokens(text: str) -> Any:
    at = 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise refusal("SYNTAX_ERROR", {"near": text[at : at + 20]})
        at = found.end()
        kind = str(found.lastgroup)
        value = found[kind]
        yield kind, re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL) if kind == "text" else value
