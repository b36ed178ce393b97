"""Owners (doc "Owners API"): who records belong to. `hubspot_owner_id` holds the owner's id, not the user's."""

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.hubspot import errors
from sdrbot_skills.lab.hubspot.vendor import HubSpot, paging, record_id, whole

SCOPE = ("crm.objects.owners.read",)
PAGE = 500


def add_routes(hubspot: HubSpot) -> None:
    @hubspot.route("GET", "owners", "")
    def show_all(request: Request) -> Response:
        """Deactivated people only with archived=true."""
        hubspot.account.need(request, SCOPE)
        limit = whole(request.first("limit", "100"), "limit")
        if not 1 <= limit <= PAGE:
            raise errors.invalid(f"Invalid 'limit' {limit}: must be between 1 and {PAGE}")
        archived = request.first("archived") == "true"
        email, after = request.first("email").lower(), whole(request.first("after", "0"), "after")
        owners = sorted(hubspot.store.things("owner").values(), key=lambda owner: int(owner["id"]))
        found = [
            owner
            for owner in owners
            if owner["archived"] == archived and email in ("", owner["email"].lower()) and int(owner["id"]) > after
        ]
        body = {"results": found[:limit]}
        return reply(200, {**body, "paging": paging(found[limit - 1]["id"], request)} if len(found) > limit else body)

    @hubspot.route("GET", "owners", "/{id}")
    def show(request: Request) -> Response:
        """By owner id, or with idProperty=userId by user id."""
        hubspot.account.need(request, SCOPE)
        archived = request.first("archived") == "true"
        by_user = request.first("idProperty") == "userId"
        for owner in hubspot.store.things("owner").values():
            key = owner.get("userId", owner.get("userIdIncludingInactive")) if by_user else int(owner["id"])
            if key == record_id(request.params["id"]) and owner["archived"] == archived:
                return reply(200, owner)
        raise errors.record_missing()
