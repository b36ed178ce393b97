"""What all end points of the emulator share: routes under /services/data/vNN.0, version check, refusals as answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.salesforce.errors import Refusal, not_found
from sdrbot_skills.lab.salesforce.org import Org, View
from sdrbot_skills.lab.salesforce.records import SaveOptions, Writer
from sdrbot_skills.lab.salesforce.setuptables import SetupTables

OLDEST, NEWEST = 31, 68
ROOT = "/services/data/v{version}"
Handle = Callable[[Request], Response]


@dataclass
class Service:
    app: App
    org: Org
    writer: Writer = field(init=False)
    tables: SetupTables = field(init=False)
    tooling_tables: SetupTables = field(init=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self.org)
        self.tables = SetupTables(self.org, tooling=False)
        self.tooling_tables = SetupTables(self.org, tooling=True)

    def route(self, methods: str, path: str, handle: Handle) -> None:
        """`path` is below /services/data/vNN.0."""

        def guarded(request: Request) -> Response:
            check_version(request.params["version"])
            return handle(request)

        self.plain(methods, ROOT + path, guarded)

    def plain(self, methods: str, path: str, handle: Handle) -> None:
        def answering(request: Request) -> Response:
            try:
                return handle(request)
            except Refusal as refusal:
                raise refusal.answer() from refusal

        self.app.router.add(methods, path, answering)

    def view(self, name: str) -> View:
        """Raises Refusal NOT_FOUND."""
        found = self.org.view(name)
        if found is None:
            raise not_found()
        return found


def check_version(text: str) -> None:
    """v30.0 and older are retired; newer than NEWEST is not there yet."""
    found = re.fullmatch(r"(\d+)\.0", text)
    if found is None or int(found[1]) > NEWEST:
        raise not_found()
    if int(found[1]) < OLDEST:
        raise Refusal("UNSUPPORTED_API_VERSION", "The requested API version is retired")


def base(request: Request) -> str:
    """/services/data/vNN.0 as this request named it."""
    return f"/services/data/v{request.params['version']}"


def save_options(request: Request, *, all_or_none: bool = False) -> SaveOptions:
    rule = _header(request, "Sforce-Duplicate-Rule-Header")
    return SaveOptions(
        all_or_none=all_or_none,
        allow_save=rule.get("allowsave", "false") == "true",
        auto_assign=request.headers.get("Sforce-Auto-Assign", "TRUE").strip().lower() != "false",
        base=base(request),
    )


def _header(request: Request, name: str) -> dict[str, str]:
    """ "allowSave=true; includeRecordDetails=false" -> {"allowsave": "true", ...}"""
    pairs = (part.partition("=") for part in request.headers.get(name, "").replace(",", ";").split(";"))
    return {key.strip().lower(): value.strip().lower() for key, _, value in pairs}


def body_object(request: Request) -> dict[str, Any]:
    """Raises Refusal JSON_PARSER_ERROR where the body is not a JSON object."""
    value = request.json() if request.body else None
    if not isinstance(value, dict):
        raise Refusal("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.")
    return value
