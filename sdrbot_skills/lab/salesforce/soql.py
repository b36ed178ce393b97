"""SOQL text -> syntax tree (vendor doc "SOQL and SOSL Reference").

Understood: fields, parent paths, aggregates with aliases, FIELDS(ALL|STANDARD|CUSTOM), child subqueries, WHERE with
AND/OR/NOT, = != <> < <= > >= LIKE IN NOT IN INCLUDES EXCLUDES, semi-joins, date literals and functions, GROUP BY,
HAVING, ORDER BY, LIMIT, OFFSET, FOR VIEW/REFERENCE/UPDATE, ALL ROWS. Everything else is MALFORMED_QUERY.
"""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from sdrbot_skills.lab.salesforce.errors import Refusal

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "MIN", "MAX", "AVG"})
DATE_FUNCTIONS = frozenset({"CALENDAR_YEAR", "CALENDAR_MONTH", "DAY_ONLY"})
FUNCTIONS = AGGREGATES | DATE_FUNCTIONS | {"TOLABEL"}
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        "SELECT FROM WHERE AND OR NOT IN LIKE INCLUDES EXCLUDES ORDER GROUP HAVING LIMIT OFFSET FOR ALL WITH USING",
    )
)
_DATE = r"\d{4}-\d{2}-\d{2}"
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<datetime>{_DATE}T\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d+)?(?:Z|[+-]\d{{2}}:?\d{{2}}))
    | (?P<date>{_DATE})
    | (?P<number>[+-]?(?:\d+\.\d*|\.\d+|\d+)(?![\w]))
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<word>[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*(?::\d+)?)
    | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class Token(NamedTuple):
    kind: str
    text: str
    position: int


@dataclass(frozen=True)
class Path:
    """A field, perhaps of a parent: ("Account", "Name"). `position` counts characters from the start of the query."""

    parts: tuple[str, ...]
    position: int = 0

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True)
class Call:
    """An aggregate or date function; COUNT() has no argument."""

    function: str
    argument: Path | None
    alias: str | None = None
    position: int = 0


@dataclass(frozen=True)
class Wildcard:
    """FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM)."""

    scope: str
    position: int = 0


@dataclass(frozen=True)
class Literal:
    """kind: string, number, boolean, null, date, datetime, or range for THIS_YEAR, LAST_N_DAYS:3 and the like."""

    kind: str
    value: Any
    position: int = 0


@dataclass(frozen=True)
class Comparison:
    left: Path | Call
    operator: str
    right: Literal


@dataclass(frozen=True)
class Membership:
    """IN, NOT IN, INCLUDES, EXCLUDES; values are literals or one inner query."""

    left: Path | Call
    operator: str
    values: "tuple[Literal, ...] | Select"


@dataclass(frozen=True)
class Logic:
    """operator: AND, OR or NOT (one part)."""

    operator: str
    parts: "tuple[Condition, ...]"


Condition = Comparison | Membership | Logic


@dataclass(frozen=True)
class Order:
    by: Path | Call
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True)
class Select:
    items: "tuple[Path | Call | Wildcard | Select, ...]"
    sobject: str
    where: Condition | None = None
    group_by: tuple[Path | Call, ...] = ()
    having: Condition | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    all_rows: bool = False
    for_update: bool = False
    alias: str = ""
    position: int = 0
    text: str = ""


def parse(text: str) -> Select:
    """Raises Refusal with code MALFORMED_QUERY."""
    parser = _Parser(text)
    select = parser.select()
    parser.end()
    return select


def malformed(text: str, position: int, message: str, code: str = "MALFORMED_QUERY") -> Refusal:
    """The vendor's form: the query cut around the place, a caret under it, row and column, what is wrong."""
    start = max(0, position - 20)
    shown = text[start : position + 30].replace("\n", " ")
    caret = " " * (position - start) + "^"
    row = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return Refusal(code, f"\n{shown}\n{caret}\nERROR at Row:{row}:Column:{column}\n{message}")


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._tokens())
        self.at = 0

    def _tokens(self) -> list[Token]:
        tokens, position, end = [], 0, len(self.text.rstrip())
        while position < end:
            found = _TOKEN.match(self.text, position)
            if found is None or found.lastgroup is None:
                stripped = position + len(self.text[position:]) - len(self.text[position:].lstrip())
                raise malformed(self.text, stripped, f"unexpected token: '{self.text[stripped]}'")
            tokens.append(Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
            position = found.end()
        return [*tokens, Token("end", "<EOF>", end)]

    # --- tokens ---

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def unexpected(self) -> NoReturn:
        raise malformed(self.text, self.now.position, f"unexpected token: '{self.now.text}'")

    def take(self) -> Token:
        token = self.now
        self.at += 1
        return token

    def word(self, *words: str) -> bool:
        """Take these keywords if they come next."""
        following = self.tokens[self.at : self.at + len(words)]
        if [t.text.upper() for t in following if t.kind == "word"] != list(words):
            return False
        self.at += len(words)
        return True

    def sign(self, sign: str) -> bool:
        if self.now.kind != "sign" or self.now.text != sign:
            return False
        self.at += 1
        return True

    def expect(self, *words: str) -> None:
        for word in words:
            if not (self.word(word) or self.sign(word)):
                self.unexpected()

    def name(self) -> Token:
        if self.now.kind != "word" or self.now.text.upper() in _KEYWORDS:
            self.unexpected()
        return self.take()

    def integer(self) -> int:
        if self.now.kind != "number" or not self.now.text.isdigit():
            self.unexpected()
        return int(self.take().text)

    def end(self) -> None:
        if self.now.kind != "end":
            self.unexpected()

    # --- clauses ---

    def select(self) -> Select:
        self.expect("SELECT")
        items = self._items()
        self.expect("FROM")
        sobject = self.name()
        alias = self._table_alias()
        if self.word("USING", "SCOPE"):
            self.name()
        where = self.condition() if self.word("WHERE") else None
        if self.word("WITH"):
            self.name()
        group_by = self._list(self.operand) if self.word("GROUP", "BY") else []
        having = self.condition() if self.word("HAVING") else None
        order_by = self._list(self._order) if self.word("ORDER", "BY") else []
        limit = self.integer() if self.word("LIMIT") else None
        offset = self.integer() if self.word("OFFSET") else 0
        for_update = False
        while self.word("FOR"):
            for_update = self.name().text.upper() == "UPDATE" or for_update
        all_rows = self.word("ALL", "ROWS")
        return Select(
            tuple(items), sobject.text, where, tuple(group_by), having, tuple(order_by), limit, offset,
            all_rows, for_update, alias, sobject.position, self.text,
        )  # fmt: skip

    def _table_alias(self) -> str:
        if self.now.kind == "word" and self.now.text.upper() not in _KEYWORDS:
            return self.take().text
        return ""

    def _list(self, element: Any) -> list[Any]:
        elements = [element()]
        while self.sign(","):
            elements.append(element())
        return elements

    def _items(self) -> list[Path | Call | Wildcard | Select]:
        items: list[Path | Call | Wildcard | Select] = self._list(self._item)
        return items

    def _item(self) -> "Path | Call | Wildcard | Select":
        if self.sign("("):
            inner = self.select()
            self.expect(")")
            return inner
        token = self.now
        if token.text.upper() == "FIELDS" and self.tokens[self.at + 1].text == "(":
            self.at += 2
            scope = self.take().text.upper()
            self.expect(")")
            if scope not in ("ALL", "STANDARD", "CUSTOM"):
                raise malformed(self.text, token.position, f"unexpected token: '{scope}'")
            return Wildcard(scope, token.position)
        operand = self.operand()
        if self.now.kind == "word" and self.now.text.upper() not in _KEYWORDS:
            alias = self.take().text
            if isinstance(operand, Path):
                return Call("", operand, alias, operand.position)
            return Call(operand.function, operand.argument, alias, operand.position)
        return operand

    def operand(self) -> Path | Call:
        token = self.name()
        if not self.sign("("):
            return Path(tuple(token.text.split(".")), token.position)
        function = token.text.upper()
        if function not in FUNCTIONS:
            raise malformed(self.text, token.position, f"unexpected token: '{token.text}'")
        argument = None
        if not self.sign(")"):
            name = self.name()
            argument = Path(tuple(name.text.split(".")), name.position)
            self.expect(")")
        elif function != "COUNT":
            self.at -= 1
            self.unexpected()
        return Call(function, argument, None, token.position)

    def _order(self) -> Order:
        by = self.operand()
        descending = self.word("DESC")
        if not descending:
            self.word("ASC")
        nulls_last = False
        if self.word("NULLS"):
            nulls_last = self.name().text.upper() == "LAST"
        return Order(by, descending, nulls_last)

    # --- conditions ---

    def condition(self) -> Condition:
        """AND and OR must not stand side by side without parentheses: the vendor refuses that."""
        parts = [self._negation()]
        operator = ""
        while self.now.text.upper() in ("AND", "OR") and self.now.kind == "word":
            found = self.now.text.upper()
            if operator and found != operator:
                self.unexpected()
            operator = found
            self.at += 1
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else Logic(operator, tuple(parts))

    def _negation(self) -> Condition:
        if self.word("NOT"):
            return Logic("NOT", (self._negation(),))
        if self.sign("("):
            inner = self.condition()
            self.expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        left = self.operand()
        for operator, words in (
            ("IN", ("IN",)),
            ("NOT IN", ("NOT", "IN")),
            ("INCLUDES", ("INCLUDES",)),
            ("EXCLUDES", ("EXCLUDES",)),
        ):
            if self.word(*words):
                return Membership(left, operator, self._members())
        if self.word("LIKE"):
            return Comparison(left, "LIKE", self._literal())
        if self.now.kind != "sign" or self.now.text in "(),":
            self.unexpected()
        operator = self.take().text
        return Comparison(left, "!=" if operator == "<>" else operator, self._literal())

    def _members(self) -> "tuple[Literal, ...] | Select":
        self.expect("(")
        if self.now.text.upper() == "SELECT":
            inner = self.select()
            self.expect(")")
            return inner
        values = self._list(self._literal)
        self.expect(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self.take()
        match token.kind:
            case "string":
                return Literal("string", _unescape(token.text[1:-1]), token.position)
            case "number":
                value = float(token.text) if "." in token.text else int(token.text)
                return Literal("number", value, token.position)
            case "date" | "datetime":
                return Literal(token.kind, token.text, token.position)
            case "word":
                return self._word_literal(token)
            case _:
                raise malformed(self.text, token.position, f"unexpected token: '{token.text}'")

    def _word_literal(self, token: Token) -> Literal:
        word = token.text.upper()
        if word in ("TRUE", "FALSE"):
            return Literal("boolean", word == "TRUE", token.position)
        if word == "NULL":
            return Literal("null", None, token.position)
        if re.fullmatch(r"(TODAY|YESTERDAY|TOMORROW|(THIS|LAST|NEXT)_\w+|N_\w+)(:\d+)?", word):
            return Literal("range", word, token.position)
        raise malformed(self.text, token.position, f"unexpected token: '{token.text}'")


def _unescape(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(replace, text) if "\\" in text else text
