"""Connecting one account in a conversation: what is there already, what to make at the vendor, what to paste, a trial of what was granted, the seal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from sdrbot_skills.credentials.connections import variables
from sdrbot_skills.credentials.environment import app_in
from sdrbot_skills.credentials.guide import Ask, Guide, Way, guide_of
from sdrbot_skills.credentials.loopback import Callback
from sdrbot_skills.credentials.model import ConnectionSource, ConnectionSpec, Credential
from sdrbot_skills.credentials.oauth import SignIn
from sdrbot_skills.credentials.pasted import cleaned
from sdrbot_skills.errors import ConfigurationError, ReauthenticateNeeded, Refused, Retriable
from sdrbot_skills.runs.brokers import sources
from sdrbot_skills.runs.person import Person, agrees, choose, open_in_browser
from sdrbot_skills.runs.trying import Tried, told, try_out

TRIES = 3
SIGN_IN_SECONDS = 300.0

OpenPage = Callable[[str], object]


class Connected(NamedTuple):
    """An account that answered, with the credential that opened it. `where` is set where the credential was there already."""

    spec: ConnectionSpec
    tried: Tried
    way: Way
    where: str | None


def connect(
    crm: str, person: Person, *, name: str, reading_only: bool = False, open_page: OpenPage = open_in_browser
) -> Connected:
    """Lead the person through it. Raises what the last try raised, or `Refused` where the person gave up."""
    guide = guide_of(crm)
    if not reading_only and (found := _there_already(crm, person)) is not None:
        way = next((way for way in guide.ways if way.credential == found.spec().credential.kind), guide.ways[0])
        try:
            return Connected(found.spec(), _shown(found.spec(), guide, way, person), way, found.where)
        except (ReauthenticateNeeded, ConfigurationError, Retriable) as error:
            person.say(f"{_plainly(error, guide)} Let us connect it anew.")
    way = _way(guide, person)
    for left in reversed(range(TRIES)):
        try:
            spec = _asked(crm, guide, way, person, name, reading_only=reading_only, open_page=open_page)
            return Connected(spec, _shown(spec, guide, way, person, reading_only=reading_only), way, None)
        except (ReauthenticateNeeded, ConfigurationError, Retriable) as error:
            person.say(_plainly(error, guide))
            if not left or not agrees(person, "Try again?", otherwise=True):
                raise
    raise AssertionError("the last try returns or raises")


def _there_already(crm: str, person: Person) -> ConnectionSource | None:
    """A credential that this machine holds in the clear: environment, `.env`, keyring, SDRbot's entry."""
    for source in sources():
        if (
            source.crm == crm
            and source.plain
            and agrees(person, f"There is a credential in {source.where} ({source.name}). Use it?", otherwise=True)
        ):
            return source
    return None


def _way(guide: Guide, person: Person) -> Way:
    if len(guide.ways) == 1:
        return guide.ways[0]
    person.say(f"How do you want to connect {guide.label}?")
    chosen = choose(person, "Number", [way.title for way in guide.ways], none=guide.ways[0].title)
    return guide.ways[chosen or 0]


def _asked(
    crm: str, guide: Guide, way: Way, person: Person, name: str, *, reading_only: bool, open_page: OpenPage
) -> ConnectionSpec:
    """Say what to do at the vendor, take what is pasted, sign in where that is the way."""
    scopes = guide.scopes(way, reading_only=reading_only)
    known = app_in(variables(), crm)
    usual = known.get("origin") or guide.origin
    if way.oauth is None:
        _explain(guide, way, person, scopes, reading_only=reading_only)
        given = _answers(crm, way, person, known)
        origin = given.pop("origin", usual)
        return _spec(name, crm, origin, {"kind": way.credential, **given})
    with Callback(crm) as callback:
        _explain(guide, way, person, scopes, callback.url, reading_only=reading_only)
        given = _answers(crm, way, person, known)
        origin = given.pop("origin", usual)
        sign_in = SignIn(crm, origin, given["client_id"], given["client_secret"], callback.url)
        page = sign_in.page(way.oauth, scopes)
        person.say("Sign in and agree in your browser. If it does not open, open this address:")
        person.say(page)
        port = urlsplit(callback.url).port
        person.say(f"(From another computer, forward the port first: ssh -L {port}:localhost:{port} ...)")
        open_page(page)
        origin, credential = sign_in.finish(callback.wait(sign_in.state, SIGN_IN_SECONDS))
    return ConnectionSpec(name=name, crm=crm, origin=origin, credential=credential)


def _explain(
    guide: Guide, way: Way, person: Person, scopes: list[str], callback: str = "", *, reading_only: bool
) -> None:
    if reading_only and guide.safer:
        person.say(guide.safer)
    for number, step in enumerate(way.steps, 1):
        person.say(f"{number}. {step.format(callback=callback)}")
    if scopes:
        person.say("Scopes to copy:")
        person.say((way.oauth.separator if way.oauth else way.separator).join(scopes))


def _answers(crm: str, way: Way, person: Person, known: dict[str, str]) -> dict[str, str]:
    return {ask.name: _answer(crm, ask, person, known.get(ask.name)) for ask in way.asks}


def _answer(crm: str, ask: Ask, person: Person, known: str | None) -> str:
    """One thing, cleaned; what the environment knows already is used by an empty answer."""
    default = known or ask.default
    shown = "the one in the environment" if known and ask.secret else default
    text = ask.text + (f" (empty: {shown})" if default else "")
    while True:
        given = (person.secret if ask.secret else person.ask)(text) or default or ""
        try:
            return cleaned(crm, ask.name, given)
        except ConfigurationError as error:
            person.say(str(error))
            if not given:
                raise Refused("Nothing was pasted, so nothing was connected.", code="gave_up") from error


def _spec(name: str, crm: str, origin: str, credential: dict[str, Any]) -> ConnectionSpec:
    made = TypeAdapter[Credential](Credential).validate_python(credential)
    return ConnectionSpec(name=name, crm=crm, origin=origin.rstrip("/"), credential=made)


def _shown(spec: ConnectionSpec, guide: Guide, way: Way, person: Person, *, reading_only: bool = False) -> Tried:
    person.say("Trying it ...")
    tried = try_out(spec, guide, way, reading_only=reading_only)
    for line in told(tried, guide):
        person.say(line)
    return tried


def _plainly(error: Exception, guide: Guide) -> str:
    """What a person can do about it: for a credential that is not accepted, what it usually is."""
    return guide.refused if isinstance(error, ReauthenticateNeeded) and guide.refused else str(error)
