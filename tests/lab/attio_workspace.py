"""A practice Attio to test against, and short ways to speak to it."""

from typing import Any

import httpx

from sdrbot_skills.lab import Emulator


class Workspace:
    """Plain HTTP, so that answers are seen as they come."""

    def __init__(self, lab: Emulator) -> None:
        self.lab = lab
        headers = {"Authorization": f"Bearer {lab.env['ATTIO_API_KEY']}"}
        self.http = httpx.Client(base_url=lab.base_url, headers=headers, trust_env=False, verify=False)

    def call(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        answer = (
            self.http.request(method, f"/v2{path}", json=body)
            if body is not None
            else self.http.request(method, f"/v2{path}")
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    def create(self, on: str, expect: int = 200, **values: Any) -> Any:
        return self.call("POST", f"/objects/{on}/records", {"data": {"values": values}}, expect)

    def id_of(self, answer: Any) -> str:
        return str(answer["data"]["id"]["record_id"])

    def query(self, on: str, **body: Any) -> list[Any]:
        return list(self.call("POST", f"/objects/{on}/records/query", body)["data"])

    def attribute(self, on: str, slug: str, kind: str, expect: int = 200, **more: Any) -> Any:
        data: dict[str, Any] = {
            "title": slug,
            "description": None,
            "api_slug": slug,
            "type": kind,
            "is_required": False,
            "is_unique": False,
        }
        data |= {"is_multiselect": False, "config": {}, **more}
        return self.call("POST", f"/objects/{on}/attributes", {"data": data}, expect)

    def close(self) -> None:
        self.http.close()
