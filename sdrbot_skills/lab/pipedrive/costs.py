"""What a call costs in tokens (API reference, `x-token-cost`): v1 calls cost twice their v2 siblings, with a few of their own."""

import re

_CONVERSION = re.compile(r"/convert/(deal|lead)$")
_OWN = {
    ("GET", "/api/v1/users/me"): 2,
    ("GET", "/api/v1/users/find"): 40,
    ("GET", "/api/v1/leadLabels"): 10,
    ("GET", "/api/v1/userSettings"): 2,
    ("GET", "/api/v1/leadSources"): 2,
    ("GET", "/api/v2/pipelines"): 5,
    ("GET", "/api/v2/stages"): 5,
    ("DELETE", "/api/v2/deals/{id}/products"): 15,
    ("POST", "/api/v2/deals/{id}/products/bulk"): 25,
}
_NESTED_TEN = re.compile(
    r"/(participants|participantsChangelog|permittedUsers|permissions|roleSettings|roleAssignments)$"
)
_WRITES = {"POST": 5, "PATCH": 5, "PUT": 5, "DELETE": 3}


def cost(method: str, template: str) -> int:
    """Tokens of one call; `template` is the route with `/api/v1` or `/api/v2` in front."""
    if (method, template) in _OWN:
        return _OWN[method, template]
    twice = 2 if template.startswith("/api/v1") else 1
    if _CONVERSION.search(template) or template.endswith("/merge"):
        return 40
    if method != "GET":
        return _WRITES[method] * twice
    if _NESTED_TEN.search(template):
        return 10
    if template.endswith(("/search", "/itemSearch", "/itemSearch/field", "/archived")):
        return 20 * twice
    if template.endswith(("/{id}", "/{field_code}", "/status/{conversion_id}")):
        return twice
    return 10 * twice
