"""What this credential cannot see or write, and the limits (API v8 "Users", "Modules", "Fields", "Organization", page "API Limits").

The token acts as the user who granted it; sharing shortens lists without an error, and hidden fields are missing without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.failures import RequestFailed
from sdrbot_skills.crm.zohocrm.roles import default_role
from sdrbot_skills.crm.zohocrm.schema import CONSENT, FILES, LEFT_OUT, NO_MODULE, raw_fields, raw_modules
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Allowance, Blindness, Preflight

RIGHTS = (("creatable", "create"), ("editable", "change"), ("deletable", "delete"))

CREDITS = {
    "free": (5_000, 0, 5_000),
    "standard": (50_000, 250, 100_000),
    "professional": (50_000, 500, 3_000_000),
    "enterprise": (50_000, 1_000, 5_000_000),
    "zohooneenterprise": (50_000, 1_000, 5_000_000),
    "zohoonestandard": (50_000, 1_000, 5_000_000),
    "crmplus": (50_000, 1_000, 5_000_000),
    "ultimate": (50_000, 2_000, 10_000_000),
}
"""Credits of a rolling day by edition: base, for each user, at most."""


class Check:
    """The preflight of one connection."""

    def __init__(self, client: ZohoClient) -> None:
        self._client = client

    def run(self, object_names: Sequence[str]) -> Preflight:
        """The findings over these modules; what could not be found out is a finding too."""
        me = self._me()
        target = self._client.connection.role == "target"
        blind = [*self._of_user(me)]
        modules = raw_modules(self._client)
        for name in object_names:
            if name not in modules:
                raise ConfigurationError(NO_MODULE.format(name=name))
            blind += _of_module(modules[name], target=target)
            entries = raw_fields(self._client, name)
            blind += _hidden_fields(name, entries, str((me.get("profile") or {}).get("id")))
            blind += _not_carried(name, entries)
            if name == "Leads" and self._client.connection.role != "target":
                blind.append(_converted())
            if name == "Deals" and target:
                blind += self._roles()
        return Preflight(account=self._client.connection.account, blind=tuple(blind), allowances=self._allowances())

    def _me(self) -> dict[str, Any]:
        try:
            return next(self._client.users("CurrentUser"), {})
        except (RequestFailed, ConfigurationError):  # the scope for users is missing; then nothing is taken for granted
            return {}

    def _of_user(self, me: Mapping[str, Any]) -> Iterator[Blindness]:
        admins = {entry["id"] for entry in self._client.users("AdminUsers")} if me else set()
        if me.get("id") not in admins:
            yield Blindness(
                subject="records of others",
                message="The user of this credential is no administrator: roles and sharing may hide records, and Zoho does not say how many.",
                cure="Make the refresh token as an administrator at the top of the role hierarchy.",
            )

    def _roles(self) -> Iterator[Blindness]:
        try:
            role = default_role(self._client)["name"]
            message = f"Zoho wants a role for every person of a deal; people without one get {role!r}."
            yield Blindness(
                subject="people of deals",
                message=message,
                cure="For a neutral word, add a contact role called 'Contact' first.",
            )
        except ConfigurationError as error:
            yield Blindness(subject="people of deals", message=str(error), blocks=True)

    def _allowances(self) -> tuple[Allowance, ...]:
        """The day's credits by edition and users; what is left of them Zoho tells nobody until half are used."""
        organisations = self._client.get("org").get("org") or [{}]
        licence = organisations[0].get("license_details") or {}
        base, each, most = CREDITS.get(str(licence.get("paid_type")), CREDITS["standard"])
        limit = min(base + each * int(licence.get("users_license_purchased") or 0), most)
        return (Allowance(name="API credits a day", unit="credits", limit=limit, remaining=None),)


def _of_module(module: Mapping[str, Any], *, target: bool) -> Iterator[Blindness]:
    plural = module["plural_label"]
    if not module.get("viewable", True) or not module.get("api_supported", True):
        yield Blindness(subject=module["api_name"], message=f"This user cannot read {plural}.", blocks=True)
    for flag, word in RIGHTS:
        if not module.get(flag, True):
            yield Blindness(
                subject=module["api_name"],
                message=f"This user may not {word} {plural}.",
                cure=f"Give the user's profile the right to {word} {plural}.",
                blocks=target and flag != "deletable",
            )


def _hidden_fields(name: str, entries: Sequence[Mapping[str, Any]], profile: str) -> Iterator[Blindness]:
    hidden = [entry["api_name"] for entry in entries if _permission(entry, profile) == "hidden"]
    withheld = [entry["api_name"] for entry in entries if (entry.get("private") or {}).get("restricted")]
    if opt_outs := [one for one in hidden if one in CONSENT]:
        message = f"Opt-outs are hidden from this user: {', '.join(opt_outs)}. They can neither be read nor kept."
        yield Blindness(subject=name, message=message, cure="Make these fields visible for the user's profile.")
    if others := [one for one in hidden if one not in CONSENT]:
        message = f"{len(others)} fields are hidden from this user: {', '.join(others[:10])}."
        yield Blindness(subject=name, message=message, cure="Where they hold data that should move, make them visible.")
    if withheld:
        message = f"Zoho keeps personal fields back from programs: {', '.join(withheld)}. They would be read as empty."
        cure = "Leave them out of the plan, or lift the restriction (Setup > Compliance Settings)."
        yield Blindness(subject=name, message=message, cure=cure)


def _not_carried(name: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[Blindness]:
    """A list never shows these, so that a plan could only find them empty."""
    own = [entry for entry in entries if entry.get("custom_field")]
    several = [entry["api_name"] for entry in own if entry["data_type"] in LEFT_OUT]
    files = [entry["api_name"] for entry in own if entry["data_type"] in FILES]
    if several:
        message = (
            f"Zoho shows and takes these fields with single records only; they are not carried: {', '.join(several)}."
        )
        cure = "Where they hold data that should move, copy it into fields of plain kinds first."
        yield Blindness(subject=name, message=message, cure=cure)
    if files:
        message = f"Files are not carried: {', '.join(files)}."
        yield Blindness(subject=name, message=message, cure="Download them from Zoho, and attach them by hand.")


def _permission(entry: Mapping[str, Any], profile: str) -> str | None:
    return next(
        (one.get("permission_type") for one in entry.get("profiles") or () if str(one.get("id")) == profile), None
    )


def _converted() -> Blindness:
    return Blindness(
        subject="converted leads",
        message="Leads that were converted are not read; they live on as contacts, accounts and deals.",
    )
