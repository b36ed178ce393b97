"""The vendor's recorded requests, sent again to the emulator: status and shape of each answer compared.

Ids are translated as they are learned: where the recorded answer and ours have an id at the same place, later requests name ours.
The file is a sample, so what other requests made before is made here first (`BEFORE`).
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from sdrbot_skills import lab

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
OTHER_WORDS = re.compile(r"workspace_\w+|FK_\w+|\d{4}-\d\d-\d\dT[\d:.]+Z|universalIdentifier: \S+")
ERRORS = ("messages", "message")

Pair = dict[str, Any]


def pairs(path: Path) -> list[Pair]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def shape_differs(recorded: Any, ours: Any, place: str = "") -> Iterator[str]:
    """Where keys or JSON types are not the same. Null fits everything; of lists the first entries are compared."""
    if recorded is None or ours is None:
        return
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for name in sorted(set(recorded) ^ set(ours)):
            yield f"{place}.{name} only {'recorded' if name in recorded else 'ours'}"
        for name in sorted(set(recorded) & set(ours)):
            if name == "fields" and isinstance(ours[name], list):  # definitions come in any order
                by_name = {field["name"]: field for field in ours[name]}
                both = [field for field in recorded[name] if field["name"] in by_name]
                for field in both:
                    yield from shape_differs(field, by_name[field["name"]], f"{place}.fields.{field['name']}")
                continue
            yield from shape_differs(recorded[name], ours[name], f"{place}.{name}")
    elif isinstance(recorded, list) and isinstance(ours, list):
        if recorded and ours:
            yield from shape_differs(recorded[0], ours[0], f"{place}[0]")
    elif _kind(recorded) != _kind(ours):
        yield f"{place} is {_kind(ours)}, recorded {_kind(recorded)}"


def words_differ(recorded: Any, ours: Any) -> Iterator[str]:
    """A refusal says the same, ids and times apart."""
    for name in ERRORS:
        if isinstance(recorded, dict) and name in recorded and isinstance(ours, dict):
            was, now = _masked(recorded[name]), _masked(ours.get(name))
            if was != now:
                yield f"says {now[:200]}, recorded {was[:200]}"


def _masked(value: Any) -> str:
    return OTHER_WORDS.sub("*", UUID.sub("*", json.dumps(value, ensure_ascii=False)))


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


class Replay:
    """One workspace's requests in their order."""

    def __init__(self, emulator: lab.Emulator, tokens: dict[str, str]) -> None:
        self.emulator, self.tokens = emulator, tokens
        self.ids: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.http = httpx.Client(base_url=emulator.base_url, timeout=30, trust_env=False, verify=False)
        self.admin = {"Authorization": f"Bearer {emulator.env['TWENTY_API_KEY']}"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A request that is in no recording; must be taken."""
        answer = self.http.request(method, path, headers=self.admin, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def send(self, pair: Pair) -> list[str]:
        """What is not as recorded; nothing where all is."""
        answer = self._request(pair)
        ours = self._body(answer)
        recorded = pair["response_body"]
        if pair["method"] != "GET":
            self.learn(recorded, ours)
        if answer.status_code != pair["status"]:
            return [f"status {answer.status_code}, recorded {pair['status']}: {str(ours)[:300]}"]
        return [*shape_differs(recorded, ours), *words_differ(recorded, ours)]

    def _request(self, pair: Pair) -> httpx.Response:
        token = self.tokens.get(pair["name"].partition(".")[0]) or self.tokens.get(pair["workspace"], "")
        headers = {name: value.replace("<API_KEY>", token) for name, value in pair["request_headers"].items()}
        if "multipart" in headers.get("Content-Type", ""):
            return self._multipart(pair)
        body = pair["request_body"]
        content = body if isinstance(body, str) else None if body is None else json.dumps(body)
        content = self._translated(content) if content is not None else None
        path = self._translated(pair["path"]).replace("<API_KEY>", token)
        for file_id, secret in self.files.items():
            if file_id in path:
                path = re.sub("<(UPLOAD|FILE)_TOKEN>", secret, path)
        return self.http.request(pair["method"], path, headers=headers, content=content)

    def _multipart(self, pair: Pair) -> httpx.Response:
        """The recording tells of a large file without holding it."""
        query = "mutation($file: Upload!, $m: String!) { uploadFilesFieldFile(file: $file, fieldMetadataId: $m) { id path size createdAt url } }"
        operations = {"query": query, "variables": {"file": None, "m": self.ids[ATTACHED_FILE]}}
        parts = {"operations": (None, json.dumps(operations)), "map": (None, '{"0": ["variables.file"]}')}
        return self.http.post(pair["path"], headers=self.admin, files={**parts, "0": ("a.txt", b"x" * 1000)})

    def _body(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError:
            return answer.text

    def _translated(self, text: str) -> str:
        return UUID.sub(lambda match: self.ids.get(match[0].lower(), match[0]), text)

    def learn(self, recorded: Any, ours: Any) -> None:
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for name in ("url", "uploadUrl"):
                if found := re.search(f"({UUID.pattern}).token=(\\w+)", str(ours.get(name)), re.IGNORECASE):
                    self.files.setdefault(found[1], found[2])
            for name, value in recorded.items():
                if isinstance(value, str) and UUID.fullmatch(value) and isinstance(ours.get(name), str):
                    self.ids.setdefault(value.lower(), ours[name])
                else:
                    self.learn(value, ours.get(name))
        elif isinstance(recorded, list) and isinstance(ours, list):
            for one, other in zip(recorded, ours, strict=False):
                self.learn(one, other)

    # --- what requests outside the sample had made ---

    def know_definitions(self, names: dict[str, str]) -> None:
        """Recorded ids of objects (`person`) and fields (`opportunity.stage`)."""
        answer = self.ask("GET", "/rest/metadata/objects")["data"]
        objects = answer["objects"] if isinstance(answer, dict) else answer
        for owner in objects:
            ours = {owner["nameSingular"]: owner["id"]}
            ours |= {f"{owner['nameSingular']}.{field['name']}": field["id"] for field in owner["fields"]}
            self.ids |= {recorded: ours[name] for recorded, name in names.items() if name in ours}

    def make_field(self, owner: str, name: str, kind: str, **more: Any) -> None:
        field = {"objectMetadataId": self.ids[owner], "name": name, "label": name, "type": kind, **more}
        self.ask("POST", "/rest/metadata/fields", field)

    def upload(
        self, recorded: str, name: str, content: bytes, *, size: int = 0, sent: bool = True, done: bool = True
    ) -> None:
        """A file under way: begun, sent, completed."""
        query = "mutation($f:String!,$s:Float!,$m:String){createFileUpload(filename:$f,size:$s,fileFolder:FilesField,fieldMetadataId:$m){fileId uploadUrl}}"
        variables = {"f": name, "s": size or len(content), "m": self.ids[ATTACHED_FILE]}
        made = self.ask("POST", "/metadata", {"query": query, "variables": variables})["data"]["createFileUpload"]
        self.learn({"fileId": recorded}, made)
        if sent:
            kind = "application/json" if recorded.startswith("1037") else "application/octet-stream"
            self.http.put(made["uploadUrl"], content=content, headers={"Content-Type": kind})
        if done:
            finish = f'mutation{{completeFileUpload(fileId:"{made["fileId"]}"){{id}}}}'
            assert "errors" not in self.ask("POST", "/metadata", {"query": finish})


ATTACHED_FILE = "311da99f-ed99-4a71-a5c0-7d26697d7efc"
