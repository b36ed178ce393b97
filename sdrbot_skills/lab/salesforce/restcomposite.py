"""Composite requests: several REST calls in one (vendor docs "Composite", "Composite Batch", "sObject Tree")."""

import re
from typing import Any
from urllib.parse import urlsplit

import orjson

from sdrbot_skills.lab.core.http import Answer, Request, Response, parse_query, reply
from sdrbot_skills.lab.salesforce.errors import Refusal, not_found
from sdrbot_skills.lab.salesforce.service import Service, base, body_object, save_options

Doc = dict[str, Any]
MAX_SUBREQUESTS, MAX_TREE = 25, 200
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")


class RestComposite:
    def __init__(self, service: Service) -> None:
        self.service = service

    def add_routes(self) -> None:
        self.service.route("POST", "/composite", self.composite)
        self.service.route("POST", "/composite/batch", self.batch)
        self.service.route("POST", "/composite/tree/{object}", self.tree)

    def composite(self, request: Request) -> Response:
        body = body_object(request)
        parts = _parts(body, "compositeRequest")
        all_or_none = bool(body.get("allOrNone"))
        answers: dict[str, Any] = {}
        shown: list[Doc] = []
        for part in parts:
            name = str(part.get("referenceId", ""))
            try:
                response = self._run(request, _filled(part, answers))
            except Refusal as refusal:
                response = refusal.response()
            value = _value(response)
            if response.status < 300:
                answers[name] = value
            headers = {"Location": response.headers["Location"]} if "Location" in response.headers else {}
            shown.append(
                {"body": value, "httpHeaders": headers, "httpStatusCode": response.status, "referenceId": name}
            )
        if all_or_none and any(part["httpStatusCode"] >= 300 for part in shown):
            raise Answer(reply(200, {"compositeResponse": [_halted(part) for part in shown]}))
        return reply(200, {"compositeResponse": shown})

    def batch(self, request: Request) -> Response:
        results = []
        for part in _parts(body_object(request), "batchRequests"):
            url = str(part.get("url", "")).lstrip("/")
            call = {"method": part.get("method"), "url": f"/services/data/{url}", "body": part.get("richInput")}
            try:
                response = self._run(request, call)
            except Refusal as refusal:
                response = refusal.response()
            results.append({"statusCode": response.status, "result": _value(response)})
        return reply(200, {"hasErrors": any(r["statusCode"] >= 300 for r in results), "results": results})

    def tree(self, request: Request) -> Response:
        """Insert up to 200 records, all or none; nested children are not understood by the lab."""
        view = self.service.view(request.params["object"])
        records = body_object(request).get("records", [])
        if len(records) > MAX_TREE:
            raise Refusal("LIMIT_EXCEEDED", "record limit reached")
        names = [record["attributes"]["referenceId"] for record in records]
        rows = self.service.writer.insert(view, records, save_options(request, all_or_none=True))
        failed = [(name, row) for name, row in zip(names, rows, strict=True) if row.refusal]
        if failed:
            listed = [
                {"referenceId": name, "errors": [row.refusal.row()]}
                for name, row in failed
                if row.refusal and row.refusal.code != "ALL_OR_NONE_OPERATION_ROLLED_BACK"
            ]
            raise Answer(reply(400, {"hasErrors": True, "results": listed}))
        results = [{"referenceId": name, "id": row.id} for name, row in zip(names, rows, strict=True)]
        return reply(201, {"hasErrors": False, "results": results})

    def _run(self, outer: Request, part: Doc) -> Response:
        """Hand one subrequest to its own handler. Refusals come before anything is written."""
        url = urlsplit(str(part.get("url", "")))
        if not url.path.startswith("/services/data/"):
            raise Refusal("INVALID_INPUT", f"Invalid subrequest url: {part.get('url')}")
        content = part.get("body")
        headers = outer.headers.copy()
        for name, value in (part.get("httpHeaders") or {}).items():
            headers[name] = value
        request = Request(
            str(part.get("method", "")).upper(), url.path, parse_query(url.query), headers,
            b"" if content is None else orjson.dumps(content),
        )  # fmt: skip
        handler = self.service.app.router.match(request)
        if handler is None:
            return not_found().response()
        if request.path.rstrip("/").startswith(f"{base(outer)}/composite") and "sobjects" not in request.path:
            raise Refusal("INVALID_INPUT", "A composite request cannot contain another one")
        try:
            return handler(request)
        except Answer as answer:
            return answer.response


def _parts(body: Doc, name: str) -> list[Doc]:
    parts = body.get(name)
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Refusal("INVALID_INPUT", f"{name} must be a list of subrequests")
    if len(parts) > MAX_SUBREQUESTS:
        message = f"Limit exceeded: at most {MAX_SUBREQUESTS} subrequests are allowed"
        raise Refusal("LIMIT_EXCEEDED", message)
    return parts


def _value(response: Response) -> Any:
    return orjson.loads(response.body) if isinstance(response.body, bytes) and response.body else None


def _filled(part: Doc, answers: Doc) -> Doc:
    """Put earlier answers in where `@{reference.field}` stands."""

    def lookup(match: re.Match[str]) -> str:
        if match[1] not in answers:
            raise Refusal("PROCESSING_HALTED", f"Invalid reference specified. No value for {match[1]}")
        value = answers[match[1]]
        for step in re.findall(r"\.(\w+)|\[(\d+)\]", match[2]):
            value = value[step[0]] if step[0] else value[int(step[1])]
        return str(value)

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return _REFERENCE.sub(lookup, value)
        if isinstance(value, list):
            return [fill(item) for item in value]
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        return value

    filled: Doc = fill(part)
    return filled


def _halted(part: Doc) -> Doc:
    if part["httpStatusCode"] >= 300:
        return part
    message = "The transaction was rolled back since another operation in the same transaction failed."
    body = [{"errorCode": "PROCESSING_HALTED", "message": message}]
    return {**part, "body": body, "httpHeaders": {}, "httpStatusCode": 400}
