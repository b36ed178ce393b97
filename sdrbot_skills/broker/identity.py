"""Who answers: account, environment and the facts an SDK needs. Asked once, before the broker lets anything through."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
import orjson

from sdrbot_skills.broker.tokens import TokenRationed, TokenRefused
from sdrbot_skills.broker.upstream import UnsafeOrigin, Upstream, check_origin, is_loopback, settle_origin

Environment = Literal["lab", "sandbox", "production"]
Kind = Literal[
    "bad_token",
    "unreachable",
    "missing_permission",
    "wrong_account",
    "unsafe_origin",
    "unexpected_answer",
    "bad_spec",
    "no_room",
]


class StartError(Exception):
    """The broker does not start; `connection` is at fault and `kind` says how."""

    def __init__(self, kind: Kind, message: str, connection: str = "") -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.connection = connection

    def line(self) -> dict[str, Any]:
        """What is printed instead of the ready line."""
        return {"error": {"kind": self.kind, "message": self.message, "connection": self.connection}}


@dataclass
class Identity:
    """The account behind a connection. `extra` are facts without secrets: portal id and UI domain, instance URL and user id."""

    account_id: str
    account_name: str
    environment: Environment
    extra: dict[str, Any] = field(default_factory=dict)


async def identify(upstream: Upstream, expected: str | None) -> Identity:
    """Get a token, ask who answers, and compare with the approved account id. Raises `StartError`."""
    name = upstream.spec.name
    try:
        check_origin(upstream.spec)
        await upstream.tokens.token()
        settle_origin(upstream)
        lab = await _lab_answer(upstream)
        identity = await _ASK[upstream.spec.crm](upstream, lab)
        if upstream.tokens.scopes is not None:
            identity.extra.setdefault("scopes", upstream.tokens.scopes)
    except UnsafeOrigin as error:
        raise StartError("unsafe_origin", str(error), name) from error
    except TokenRationed as error:
        raise StartError("unreachable", str(error), name) from error
    except TokenRefused as error:
        raise StartError("bad_token", f"{error} Connect {name} again: crm-migrate setup.", name) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise StartError(
            "unreachable",
            f"{name}: {upstream.spec.origin} does not answer ({type(error).__name__}). Nothing was read or written. Look whether this "
            "machine is online and the address is right, then say it again.",
            name,
        ) from error
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise StartError(
            "unexpected_answer", f"{name}: {upstream.spec.origin} does not answer like {upstream.spec.crm}.", name
        ) from error
    if expected is not None and identity.account_id != expected:
        raise StartError(
            "wrong_account",
            f"{name} is now account {identity.account_id}; {expected} was approved. Nothing was sent.",
            name,
        )
    return identity


async def _lab_answer(upstream: Upstream) -> dict[str, Any]:
    """What `GET /__lab__` says, empty where that is not a lab. Only ever asked of a loopback address."""
    if not is_loopback(upstream.origin):
        return {}
    async with upstream.send("GET", "/__lab__") as answer:
        if answer.status != 200:
            return {}
        reply = await answer.json(content_type=None)
    return reply if isinstance(reply, dict) and reply.get("lab") is True else {}


async def _get(upstream: Upstream, target: str) -> dict[str, Any]:
    async with upstream.send("GET", target) as answer:
        if answer.status == 401:
            raise TokenRefused(f"{upstream.spec.name}: the credential is not accepted.")
        if answer.status == 403:
            raise StartError(
                "missing_permission",
                f"{upstream.spec.name}: the credential may not read the account's details.",
                upstream.spec.name,
            )
        if answer.status != 200:
            raise ValueError(f"{target.partition('?')[0]} answered {answer.status}")
        reply: dict[str, Any] = await answer.json(content_type=None)
    return reply


async def _hubspot(upstream: Upstream, lab: dict[str, Any]) -> Identity:
    """HubSpot "Account information API": portalId, accountType, uiDomain, timeZone, companyCurrency. It has no account name."""
    details = await _get(upstream, "/account-info/v3/details")
    portal = str(details["portalId"])
    sandbox = details.get("accountType") in ("SANDBOX", "DEVELOPER_TEST")
    extra = {
        "portal_id": portal,
        "ui_domain": details.get("uiDomain", "app.hubspot.com"),
        "account_type": details.get("accountType"),
    }
    if (scopes := await _hubspot_scopes(upstream)) is not None:
        extra["scopes"] = scopes
    account = {"currency": details.get("companyCurrency"), "time_zone": details.get("timeZone")}
    return Identity(portal, _name(lab, f"HubSpot {portal}"), _environment(lab, sandbox), {**extra, "account": account})


async def _hubspot_scopes(upstream: Upstream) -> list[str] | None:
    """What a private-app token or service key may do; None where HubSpot does not say. Only the broker can ask: the token is in the body."""
    body = orjson.dumps({"tokenKey": await upstream.tokens.token()})
    headers = {"Content-Type": "application/json"}
    async with upstream.send("POST", "/oauth/v2/private-apps/get/access-token-info", headers, body) as answer:
        if answer.status != 200:
            return None
        reply = await answer.json(content_type=None)
    scopes = reply.get("scopes") if isinstance(reply, dict) else None
    return [str(scope) for scope in scopes] if isinstance(scopes, list) else None


async def _salesforce(upstream: Upstream, lab: dict[str, Any]) -> Identity:
    """Salesforce "Organization" object and the OpenID userinfo endpoint."""
    version = upstream.policy.data.api_version
    user = await _get(upstream, "/services/oauth2/userinfo")
    soql = "SELECT+Id,Name,IsSandbox,InstanceName,OrganizationType+FROM+Organization"
    organisation = (await _get(upstream, f"/services/data/v{version}/query?q={soql}"))["records"][0]
    if str(user["organization_id"])[:15] != str(organisation["Id"])[:15]:
        raise ValueError("userinfo and Organization disagree")
    extra = {
        "instance_url": f"https://{upstream.host}",
        "web_url": upstream.origin,
        "user_id": user.get("user_id"),
        "organization_type": organisation.get("OrganizationType"),
    }
    sandbox = bool(organisation["IsSandbox"])
    return Identity(str(organisation["Id"]), str(organisation["Name"]), _environment(lab, sandbox), extra)


async def _pipedrive(upstream: Upstream, lab: dict[str, Any]) -> Identity:
    """Pipedrive "Users": `users/me` names the company too. Nothing tells a sandbox from a production company."""
    prefix = "/v1" if upstream.host == "api.pipedrive.com" else "/api/v1"
    me = (await _get(upstream, f"{prefix}/users/me"))["data"]
    extra = {
        "company_domain": me.get("company_domain"),
        "user_id": str(me["id"]),
        "account": {"currency": me.get("default_currency"), "time_zone": me.get("timezone_name")},
    }
    name = str(me.get("company_name") or me.get("company_domain") or me["company_id"])
    return Identity(str(me["company_id"]), name, _environment(lab, sandbox=False), extra)


async def _zohocrm(upstream: Upstream, lab: dict[str, Any]) -> Identity:
    """Zoho "Get Organization". The web application has the API's data centre: `www.zohoapis.eu` -> `crm.zoho.eu`."""
    version = upstream.policy.data.api_version
    organisation = (await _get(upstream, f"/crm/{version}/org"))["org"][0]
    ending = upstream.host.rpartition("zohoapis.")[2]
    web = upstream.origin if lab else f"https://crm.{'zohocloud.ca' if ending == 'ca' else f'zoho.{ending}'}"
    zgid = str(organisation["zgid"])
    extra = {
        "zgid": zgid,
        "web_url": web,
        **{f"{name}_url": f"https://{host}" for host, name in upstream.hosts.items() if name},
        "edition": (organisation.get("license_details") or {}).get("paid_type"),
        "account": {"currency": organisation.get("iso_code"), "time_zone": organisation.get("time_zone")},
    }
    sandbox = organisation.get("type") in ("sandbox", "developer")
    name = str(organisation.get("company_name") or f"Zoho {zgid}")
    return Identity(zgid, name, _environment(lab, sandbox), extra)


async def _attio(upstream: Upstream, lab: dict[str, Any]) -> Identity:
    """Attio "Identify", which answers dead tokens too. Attio has no sandboxes; amounts are in the currency of the deals' value."""
    me = await _get(upstream, "/v2/self")
    if not me["active"]:
        raise TokenRefused(f"{upstream.spec.name}: the token is not active any more.")
    extra = {"workspace_slug": me["workspace_slug"], "scopes": str(me["scope"]).split()}
    extra["token_level"] = me.get("token_level")
    async with upstream.send("GET", "/v2/objects/deals/attributes/value") as answer:
        if answer.status == 200:
            value = await answer.json(content_type=None)
            extra["account"] = {"currency": value["data"]["config"]["currency"]["default_currency_code"]}
    return Identity(str(me["workspace_id"]), str(me["workspace_name"]), _environment(lab, sandbox=False), extra)


async def _twenty(upstream: Upstream, lab: dict[str, Any]) -> Identity:
    """Twenty has no "who am I" for a key: the workspace stands in the key itself, a JWT; a read of its description shows that it is accepted.

    The web application has the API's origin on one's own server, and a sub-domain that nothing tells on the vendor's.
    """
    await _get(upstream, "/rest/open-api/core")
    workspace = str(_claims(await upstream.tokens.token())["workspaceId"])
    web = "https://app.twenty.com" if upstream.origin == f"https://{upstream.host}" else upstream.origin
    return Identity(workspace, _name(lab, f"Twenty {workspace}"), _environment(lab, sandbox=False), {"web_url": web})


def _claims(token: str) -> dict[str, Any]:
    """What a JWT says about itself; the vendor checks its signature, we only read it."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _environment(lab: dict[str, Any], sandbox: bool) -> Environment:
    if lab:
        return "lab"
    return "sandbox" if sandbox else "production"


def _name(lab: dict[str, Any], otherwise: str) -> str:
    account = lab.get("account")
    return str(account["name"]) if isinstance(account, dict) and account.get("name") else otherwise


_ASK: dict[str, Callable[[Upstream, dict[str, Any]], Awaitable[Identity]]] = {
    "attio": _attio,
    "hubspot": _hubspot,
    "pipedrive": _pipedrive,
    "salesforce": _salesforce,
    "twenty": _twenty,
    "zohocrm": _zohocrm,
}
