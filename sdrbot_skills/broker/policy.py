"""What a request is: (method, path) -> rule, read from `crm/<crm>/policy.yaml`. What no rule names is refused.

The first rule that fits wins. A path is written with placeholders: `/crm/v3/objects/{object}/{id}`. A placeholder fits one segment of plain
characters; `{name%}` also fits a percent-encoded one (a path segment that carries a value, such as an external id).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.reset import Resets

# The parser in C reads a policy in 6 ms, the one in Python in 100: a broker is started for every step of a run.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Kind = Literal["read", "write", "link", "delete", "schema", "job", "never"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rows(_Data):
    """Where the rows of a body are. Names are dotted paths; "" is the body itself; `path.x` and `query.x` reach outside the body.

    `key`: the first of these that a row has is its key. `plain`: of the key places, those that hold ids and may be kept readable.
    `trace`: a name the sender gives a row for this call only; the answer repeats it. `no_links`: a list that has to be absent.
    `object`: where a row names its own object, if the path does not. `ends`: the two ends of a link, whose key is `from:to`.
    """

    at: str = ""
    key: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    object: str | None = None
    ends: tuple[str, str] | None = None
    trace: str | None = None
    no_links: str | None = None


class Answers(_Data):
    """Where the results are in the answer. `match`: places that hold the row's key; `in_order`: results come in the order of the rows.

    `success` and `created` are the name of a flag, or `name=value`. `created_at`: where the answer does not say what an upsert did, the place of
    the record's creation time; a record that was made at about the time of the answer was made by it.
    `made_as_sent`: the sender gives each row an id of its choice as its trace; a record answered under that id was made by this call, and so was
    one that the vendor's bin held before it (`RuleData.bin`).
    """

    at: str = ""
    id: str | None = None
    created: str | bool = False
    created_at: str | None = None
    success: str | None = None
    match: tuple[str, ...] = ()
    in_order: bool = False
    made_as_sent: bool = False


class Bin(_Data):
    """Where the records of a look into the vendor's bin are, their ids, and the value that a record has which lies there."""

    at: str
    id: str
    when: str


class RuleData(_Data):
    """One rule as written. `operation` is create, update, upsert, delete, link, unlink or unsubscribe; `bucket` names a rate of its own.

    `query`: parameters that a request must have, each once, for the rule to fit; where rules of one path differ in these, the first that fits wins.
    `describes`: a read that tells what the account is and how its objects look, never a record; the check before a run and its script share the answer.
    """

    kind: Kind = Field(alias="class")
    method: tuple[str, ...]
    path: str
    object: str | None = None
    operation: str = ""
    rows: Rows | None = None
    answers: Answers | None = None
    checks: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    body: Literal["none", "json", "csv"] | None = None
    bucket: str = "calls"
    query: dict[str, str] = {}
    why: str = ""
    bin: Bin | None = None
    describes: bool = False


class Group(_Data):
    """Rules under common prefixes (each prefix is a spelling of the same API version family). `host`: one of the `further_hosts` that they are of."""

    prefix: tuple[str, ...]
    host: str = ""
    rules: tuple[RuleData, ...]


class Rate(_Data):
    """An allowance: `amount` calls in `seconds`. The header names say where the vendor tells the current figures, `resets` when a day begins anew."""

    amount: float
    seconds: float
    amount_header: str | None = None
    remaining_header: str | None = None
    window_header: str | None = None
    usage_header: str | None = None
    resets: Resets = "rolling"


class PolicyData(_Data):
    """The whole file. `pause_seconds`: how long to wait after a 429 that names no time.

    `link_objects`: objects whose records are links; `link_ends`: the two fields of such a record that hold its ends, which are its key.
    `further_hosts`: hosts beside the account's own that the same credential is for, each by its name in this file: one for each ending of the
    account's own host.
    A token travels as `Authorization: <auth_scheme> <token>`; a key that a person pasted goes as it is into `key_header`, where there is one.
    """

    crm: str
    version: int
    host: str | None = None
    instance_hosts: tuple[str, ...] = ()
    further_hosts: dict[str, dict[str, str]] = {}
    api_version: str
    request_headers: tuple[str, ...]
    response_headers: tuple[str, ...]
    auth_scheme: str = "Bearer"
    key_header: str | None = None
    pause_seconds: float = 10.0
    object_names: dict[str, str] = {}
    link_objects: tuple[str, ...] = ()
    link_ends: dict[str, tuple[str, str]] = {}
    id_prefixes: dict[str, str] = {}
    fold_case: bool = False
    placeholders: dict[str, str] = {}
    rates: dict[str, Rate] = {}
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Rule:
    """A rule with its pattern compiled for one prefix of one host."""

    data: RuleData
    template: str
    pattern: re.Pattern[str]
    host: str


@dataclass(frozen=True)
class Match:
    """The rule that fits a request, what stood in its placeholders, and which of the `further_hosts` it is for (empty: the account's own)."""

    rule: RuleData
    template: str
    values: Mapping[str, str] = field(default_factory=dict)
    host: str = ""


_PLACEHOLDER = re.compile(r"\{([a-z_]+)(%?)\}")
_PLAIN = r"[A-Za-z0-9._~-]+"
_ENCODED = r"(?:[A-Za-z0-9._~@+:,=!$&'()*-]|%[0-9A-Fa-f]{2})+"


class Policy:
    """The compiled table of one CRM."""

    def __init__(self, document: bytes) -> None:
        self.data = PolicyData.model_validate(yaml.load(document, Loader=_Loader))
        self.sha256 = hashlib.sha256(document).hexdigest()
        self._rules = [
            self._compile(prefix, group.host, rule)
            for group in self.data.groups
            for rule in group.rules
            for prefix in group.prefix
        ]

    @cached_property
    def _by_shape(self) -> dict[tuple[str, str, int], list[Rule]]:
        shapes: dict[tuple[str, str, int], list[Rule]] = {}
        for rule in self._rules:
            for method in rule.data.method:
                shapes.setdefault((rule.host, method, rule.template.count("/")), []).append(rule)
        return shapes

    def match(self, method: str, path: str, query: Sequence[tuple[str, str]] = (), host: str = "") -> Match:
        """The first rule that fits; raises `Refusal` where none does. `host`: which of the `further_hosts` is asked."""
        for rule in self._by_shape.get((host, method, path.count("/")), ()):
            if (found := rule.pattern.fullmatch(path)) and _has(query, rule.data.query):
                return Match(rule.data, rule.template, found.groupdict(), host)
        raise Refusal("unknown_operation", f"{method} on this path is not in the policy table of {self.data.crm}.")

    def object_name(self, spelling: str) -> str:
        """The one name of an object: type ids and singular forms are mapped to it."""
        return self.data.object_names.get(spelling, self.data.object_names.get(spelling.lower(), spelling))

    def _compile(self, prefix: str, host: str, rule: RuleData) -> Rule:
        template = prefix + rule.path

        def placeholder(found: re.Match[str]) -> str:
            name, encoded = found.groups()
            own = self.data.placeholders.get(name)
            return f"(?P<{name}>{own or (_ENCODED if encoded else _PLAIN)})"

        pieces: list[str] = []
        position = 0
        for found in _PLACEHOLDER.finditer(template):
            pieces += [re.escape(template[position : found.start()]), placeholder(found)]
            position = found.end()
        pieces.append(re.escape(template[position:]))
        return Rule(rule, template, re.compile("".join(pieces)), host)


def _has(query: Sequence[tuple[str, str]], wanted: Mapping[str, str]) -> bool:
    """Whether each wanted parameter is there, once, with this value."""
    return all([value for given, value in query if given == name] == [wanted[name]] for name in wanted)


def load_policy(crm: str) -> Policy:
    """The policy that ships in `crm/<crm>/policy.yaml`; raises FileNotFoundError where the CRM has none."""
    return Policy(resources.files("sdrbot_skills").joinpath("crm", crm, "policy.yaml").read_bytes())


def policy_versions(crms: list[str]) -> dict[str, Any]:
    """What goes into an approval's fingerprint: version and digest of each policy."""
    return {
        crm: {"version": (policy := load_policy(crm)).data.version, "sha256": policy.sha256} for crm in sorted(crms)
    }
