"""A plain HTTP client of the Salesforce emulator, as short to use in tests as curl would be."""

from typing import Any, Self

import httpx

from sdrbot_skills.lab import Emulator

BASE = "/services/data/v66.0"
Doc = dict[str, Any]


class Org:
    def __init__(self, lab: Emulator) -> None:
        self.lab = lab
        self.http = httpx.Client(base_url=lab.base_url, trust_env=False, timeout=60, verify=False)
        self.http.headers["Authorization"] = f"Bearer {self.login()['access_token']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.http.close()

    def login(self) -> Doc:
        answer = self.token(
            grant_type="client_credentials",
            client_id=self.lab.env["SF_CLIENT_ID"],
            client_secret=self.lab.env["SF_CLIENT_SECRET"],
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def token(self, **form: str) -> httpx.Response:
        return self.http.post("/services/oauth2/token", data=form, headers={"Authorization": ""})

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.http.request(method, BASE + path, json=body, **more)

    # --- short cuts ---

    def query(self, text: str, path: str = "/query", **headers: str) -> Doc:
        answer = self.call("GET", path, params={"q": text}, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def rows(self, text: str, path: str = "/query") -> list[Doc]:
        return list(self.query(text, path)["records"])

    def create(self, kind: str, headers: dict[str, str] | None = None, **values: Any) -> str:
        answer = self.call("POST", f"/sobjects/{kind}", values, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> Doc:
        """The first error of a refused request, its status added."""
        answer = self.call(method, path, body, **more)
        assert answer.status_code >= 400, answer.text
        return {"status": answer.status_code, **answer.json()[0]}

    def field(self, kind: str, name: str, *, visible: bool = True, **metadata: Any) -> str:
        """A custom field, by default a text that is a unique external id; its id."""
        metadata = metadata or {"type": "Text", "length": 64, "externalId": True, "unique": True}
        body = {"FullName": f"{kind}.{name}", "Metadata": {"label": name.removesuffix("__c"), **metadata}}
        answer = self.call("POST", "/tooling/sobjects/CustomField", body)
        assert answer.status_code == 201, answer.text
        if visible:
            self.grant(kind, name)
        return str(answer.json()["id"])

    def grant(self, kind: str, name: str, *, edit: bool = True) -> str:
        return self.create(
            "FieldPermissions",
            ParentId=self.profile_set(),
            SobjectType=kind,
            Field=f"{kind}.{name}",
            PermissionsRead=True,
            PermissionsEdit=edit,
        )

    def profile_set(self) -> str:
        return str(self.rows("SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true")[0]["Id"])

    def described(self, kind: str) -> dict[str, Doc]:
        return {f["name"]: f for f in self.call("GET", f"/sobjects/{kind}/describe").json()["fields"]}

    def collection(self, method: str, path: str, kind: str, *records: Doc, all_or_none: bool = False) -> list[Doc]:
        body = {"allOrNone": all_or_none, "records": [{"attributes": {"type": kind}, **record} for record in records]}
        answer = self.call(method, f"/composite/sobjects{path}", body)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def variants(self, *names: str) -> None:
        self.lab.control("variants", add=list(names))
