"""Which operations of four vendors' descriptions the plugin lets through, and which of these the practice CRMs answer.

    python -m tests.operations > docs/operations.md

Needs the vendors' descriptions beside the repository; HubSpot and Salesforce publish none that covers what is used here.
"""

from __future__ import annotations

import importlib
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from multidict import CIMultiDict

from sdrbot_skills.broker.policy import Policy, load_policy
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.lab.core.app import App, Options
from sdrbot_skills.lab.core.http import Request
from sdrbot_skills.lab.core.store import Store
from tests.support import shared_path

METHODS = ("get", "post", "put", "patch", "delete")
SOURCES = {
    "pipedrive": "Pipedrive's list of operations with their token costs, v1 and v2, August 2026",
    "zohocrm": "Zoho CRM API v8 OpenAPI, August 2026",
    "attio": "Attio's list of operations, October 2026",
    "twenty": "the OpenAPI of a fresh Twenty 2.21 workspace, core and metadata; `{object}` stands for its 28 objects",
}
NAMES = {"pipedrive": "Pipedrive", "zohocrm": "Zoho CRM", "attio": "Attio", "twenty": "Twenty"}
ID = {"pipedrive": "12345", "zohocrm": "5725767000000002001", "attio": "some-thing"}
UUID = "7a93d1e5-3f74-4945-8a65-d7f996083f72"
HEAD = """# Operations of the vendors

Written by `python -m tests.operations`, from the vendors' own descriptions. What the plugin never asks for is refused by the broker, by name and with
a reason (`crm/<crm>/policy.yaml`). "Answered" is what a practice CRM does of what is let through.
"""


class Operation(NamedTuple):
    """`template`: as the vendor writes it, from the host on. `path`: with something in each placeholder."""

    method: str
    template: str
    path: str


class Judged(NamedTuple):
    operation: Operation
    kind: str
    answered: bool

    @property
    def area(self) -> str:
        """What the operation is about: the first word of its path that is no version."""
        words = [one for one in self.operation.template.split("/") if one]
        plain = [one for one in words if not re.fullmatch(r"api|crm|rest|v\d|settings", one)]
        return next((one for one in plain if one != "bulk"), "")


def pipedrive() -> Iterator[Operation]:
    for version in ("v1", "v2"):
        listed = shared_path("contracts", "pipedrive", f"token-costs-{version}.tsv").read_text(encoding="utf-8")
        for line in listed.splitlines()[1:]:
            method, template = line.split("\t")[:2]
            yield Operation(method, template, re.sub(r"\{[^}]+\}", ID["pipedrive"], template))


def zohocrm() -> Iterator[Operation]:
    for file in sorted(shared_path("contracts", "zoho", "oas-2026-08").glob("*.json")):
        prefix = "/crm/bulk/v8" if file.name.startswith("bulk") else "/crm/v8"
        for path, methods in json.loads(file.read_text()).get("paths", {}).items():
            named = re.sub(r"\{(module\w*|parentRecordModule)\}", "Contacts", path, flags=re.IGNORECASE)
            named = named.replace("{relatedList}", "Deals").replace("{feature}", "custom_modules")
            filled = prefix + re.sub(r"\{[^}]+\}", ID["zohocrm"], named)
            yield from (Operation(one.upper(), prefix + path, filled) for one in methods if one in METHODS)


def attio() -> Iterator[Operation]:
    for one in json.loads(shared_path("contracts", "attio", "operations-2026-10.json").read_bytes()):
        path = re.sub(r"\{[a-z_]+\}", ID["attio"], one["path"].replace("{target}", "objects"))
        yield Operation(one["method"], one["path"], path)


def twenty() -> Iterator[Operation]:
    seen = set()
    for name, prefix in (("core", "/rest"), ("metadata", "/rest/metadata")):
        document = json.loads(shared_path("contracts", "twenty", f"openapi-{name}.json").read_text("utf-8"))
        for path, operations in document["paths"].items():
            start = "/rest" if path.startswith("/open-api") else prefix
            template = start + (_of_any_object(path) if start == "/rest" else path)
            filled = start + re.sub(r"\{\w+\}", UUID, path)
            for method in (one.upper() for one in operations if one in METHODS):
                if (method, template) not in seen:
                    seen.add((method, template))
                    yield Operation(method, template, filled)


def _of_any_object(path: str) -> str:
    if path.startswith("/open-api"):
        return path
    return re.sub(r"^/(batch/|restore/)?\w+", lambda found: f"/{found[1] or ''}{{object}}", path)


def judge(crm: str) -> list[Judged]:
    """Every operation of the vendor's description: what the policy says, and whether the practice CRM has a route for it."""
    policy = load_policy(crm)
    with tempfile.TemporaryDirectory() as folder:
        app: App = importlib.import_module(f"sdrbot_skills.lab.{crm}").create(
            Store(Path(folder) / "lab.sqlite"), Options(crm=crm)
        )
        found = [Judged(one, _kind(policy, one), _has_route(app, one)) for one in LISTED[crm]()]
        app.store.close()
    return found


def _kind(policy: Policy, operation: Operation) -> str:
    try:
        return policy.match(operation.method, operation.path).rule.kind
    except Refusal as refusal:
        return refusal.code


def _has_route(app: App, operation: Operation) -> bool:
    """A route for any module takes no settings, and one for anything else is the vendor's refusal."""
    request = Request(operation.method, operation.path, {}, CIMultiDict(), b"")
    if app.router.match(request) is None or "{other}" in request.template:
        return False
    return request.params.get("module", "Contacts")[:1].isupper()


LISTED = {"pipedrive": pipedrive, "zohocrm": zohocrm, "attio": attio, "twenty": twenty}


def page() -> str:
    """The whole page, in Markdown."""
    return HEAD + "".join(_section(crm, judge(crm)) for crm in LISTED)


def _section(crm: str, judged: list[Judged]) -> str:
    by_area: Mapping[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_area[one.area].append(one)
    rows = [_row(area, by_area[area]) for area in sorted(by_area)]
    used = [one for one in judged if one.kind != "never"]
    open_ones = sorted(f"`{one.operation.method} {one.operation.template}`" for one in used if not one.answered)
    head = "| about | operations | read | written | schema | refused | answered |\n|---|--:|--:|--:|--:|--:|--:|\n"
    total = _row(f"all of {NAMES[crm]}", judged)
    left = f"\nLet through, and not answered by the practice CRM: {', '.join(open_ones)}.\n" if open_ones else ""
    return f"\n## {NAMES[crm]}\n\nFrom {SOURCES[crm]}.\n\n{head}{''.join(rows)}{total}{left}"


def _row(area: str, judged: list[Judged]) -> str:
    kinds = [one.kind for one in judged]
    used = [one for one in judged if one.kind != "never"]
    counts = (
        len(judged),
        kinds.count("read"),
        sum(kinds.count(one) for one in ("write", "link", "delete", "job")),
        kinds.count("schema"),
        kinds.count("never"),
    )
    answered = f"{sum(one.answered for one in used)} of {len(used)}" if used else ""
    return f"| {area} | {' | '.join(str(one or '') for one in counts)} | {answered} |\n"


if __name__ == "__main__":
    print(page(), end="")
