"""Where field definitions are asked for and changed: v2 by code, v1 (for looking only) also by number."""

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.pipedrive.fields import WRITABLE_KINDS, Fields, shown, shown_in_v1
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, body_of, success, v1_flat_page, v2_page


def add_routes(pipedrive: Pipedrive, fields: Fields) -> None:
    for kind in (*WRITABLE_KINDS, "activityFields"):
        _add_reading(pipedrive, fields, kind)
    for kind in WRITABLE_KINDS:
        _add_writing(pipedrive, fields, kind)

    @pipedrive.v1("GET", "/leadFields")
    def lead_fields(request: Request) -> Response:
        """Leads inherit the custom fields of deals."""
        inherited = [entry for entry in fields.all("dealFields") if entry["is_custom_field"] or _of_leads(entry)]
        return v1_flat_page(request, [shown_in_v1(entry, pipedrive.store.clock.now_ms()) for entry in inherited])


def _of_leads(entry: Mapping[str, Any]) -> bool:
    return entry["field_code"] in ("title", "owner_id", "person_id", "org_id", "value", "expected_close_date")


def _add_reading(pipedrive: Pipedrive, fields: Fields, kind: str) -> None:
    def now() -> int:
        return pipedrive.store.clock.now_ms()

    @pipedrive.v2("GET", f"/{kind}")
    def listing(request: Request) -> Response:
        asked = request.first("include_fields")
        return v2_page(request, [shown(entry, asked) for entry in fields.all(kind)])

    @pipedrive.v2("GET", f"/{kind}/{{field_code}}")
    def one(request: Request) -> Response:
        return success(shown(fields.get(kind, request.params["field_code"]), request.first("include_fields")))

    @pipedrive.v1("GET", f"/{kind}")
    def v1_listing(request: Request) -> Response:
        return v1_flat_page(request, [shown_in_v1(entry, now()) for entry in fields.all(kind)])

    if kind in WRITABLE_KINDS:

        @pipedrive.v1("GET", f"/{kind}/{{id}}")
        def v1_one(request: Request) -> Response:
            return success(shown_in_v1(fields.by_number(kind, request.params["id"]), now()))


def _add_writing(pipedrive: Pipedrive, fields: Fields, kind: str) -> None:
    @pipedrive.v2("POST", f"/{kind}")
    def create(request: Request) -> Response:
        pipedrive.need("can_add_custom_fields")
        return success(shown(fields.create(kind, body_of(request))))

    @pipedrive.v2("PATCH", f"/{kind}/{{field_code}}")
    def change(request: Request) -> Response:
        pipedrive.need("can_edit_custom_fields")
        return success(shown(fields.change(kind, request.params["field_code"], body_of(request))))

    @pipedrive.v2("DELETE", f"/{kind}/{{field_code}}")
    def delete(request: Request) -> Response:
        pipedrive.need("can_delete_custom_fields")
        return success(shown(fields.delete(kind, request.params["field_code"])))

    @pipedrive.v2("POST PATCH DELETE", f"/{kind}/{{field_code}}/options")
    def options(request: Request) -> Response:
        pipedrive.need("can_edit_custom_fields")
        touched = fields.change_options(kind, request.params["field_code"], request.method, request.json())
        return success(touched, additional_data=None)
