"""The conversation of `crm-migrate setup` and of `/setup`: connect each CRM, seal it, and at the end offer what makes it safer."""

from __future__ import annotations

from sdrbot_skills.approval.vault import SHORTEST_PASSPHRASE
from sdrbot_skills.credentials.guide import guide_of
from sdrbot_skills.credentials.keyrings import save_connection
from sdrbot_skills.crm.registry import crm_names
from sdrbot_skills.errors import ConfigurationError, MigrationError, Refused
from sdrbot_skills.model.schema import Environment
from sdrbot_skills.runs.brokers import READING, sources, vault
from sdrbot_skills.runs.connect_account import Connected, OpenPage, connect
from sdrbot_skills.runs.person import Person, agrees, choose, open_in_browser

PASSPHRASE = f"at least {SHORTEST_PASSPHRASE} characters"


def set_up(person: Person, crm: str | None = None, *, open_page: OpenPage = open_in_browser) -> None:
    """Talk until the person has connected what they want; `crm`: only that one. Nothing is kept of what was not finished."""
    connected: list[Connected] = []
    if crm is not None:
        connected.append(_one(crm, person, open_page))
    while crm is None and (chosen := _which(person)) is not None:
        try:
            connected.append(_one(chosen, person, open_page))
        except MigrationError as error:
            person.say(str(error))
    for one in connected:
        if _production(one) and guide_of(one.spec.crm).safer:
            _offer_safer(one, person, open_page)
    names = ", ".join(source.name for source in sources())
    person.say(f"Connected: {names}." if names else "Nothing is connected.")
    if len({source.crm for source in sources()}) > 1 or len(sources()) > 1:
        person.say("Next: `crm-migrate plan --from A --to B --objects contacts`, or `crm-migrate chat`.")


def _which(person: Person) -> str | None:
    known: dict[str, list[str]] = {}
    for source in sources():
        known.setdefault(source.crm, []).append(f"{source.name}, {'sealed' if not source.plain else source.where}")
    crms = list(crm_names())
    person.say("Which CRM do you want to connect?")
    choices = [guide_of(crm).label + (f"  ({'; '.join(known[crm])})" if crm in known else "") for crm in crms]
    chosen = choose(person, "Number", choices, none="done")
    return None if chosen is None else crms[chosen]


def _one(crm: str, person: Person, open_page: OpenPage) -> Connected:
    made = connect(crm, person, name=_name(crm, person), open_page=open_page)
    if made.tried.account.environment is Environment.LAB and made.where is not None:
        person.say("A practice CRM: its credential stays where it is.")
        return made
    if agrees(
        person,
        "Seal the credential with a passphrase? A live run with a production account waits for that.",
        otherwise=True,
    ):
        _seal(made, person)
    elif made.where is None:
        save_connection(made.spec)
        person.say(f"{made.spec.name} is kept in the system keyring, in the clear for whoever has your shell.")
    return made


def _name(crm: str, person: Person) -> str:
    """The connection's name: the CRM's, or another one where a sealed account has that already."""
    if crm not in vault().names():
        return crm
    person.say(f"{crm} is connected and sealed.")
    other = person.ask("Name of the further account, e.g. second (empty: connect the same one anew)")
    return f"{crm}-{other.strip().lower()}" if other.strip() else crm


def _seal(made: Connected, person: Person) -> None:
    passphrase = _passphrase(person)
    spec = made.spec
    credential = spec.credential.model_dump(mode="json", context={"reveal": True})
    about = {"crm": spec.crm, "origin": spec.origin, "account": made.tried.account.name}
    vault().seal(spec.name, credential, passphrase, about)
    rest = f" Now remove it from {made.where}: what lies there in the clear is not protected." if made.where else ""
    person.say(f"{spec.name} is connected and sealed.{rest}")


def _passphrase(person: Person) -> str:
    """Typed twice; the one that opens the other accounts, since a live run opens both with one."""
    others = vault().names()
    while True:
        first = person.secret(f"Passphrase ({'the one of ' + others[0] if others else PASSPHRASE})")
        if not others and len(first) < SHORTEST_PASSPHRASE:
            person.say(f"That has {len(first)} characters; at least {SHORTEST_PASSPHRASE} are needed.")
        elif others and not _opens(others[0], first):
            person.say(
                f"That does not open {others[0]}. A run opens both accounts with one passphrase, so use the same."
            )
            if not agrees(person, "Type it again?", otherwise=True):
                raise Refused("Nothing was sealed.", code="gave_up")
        elif others or first == person.secret("The same again"):
            return first
        else:
            person.say("The two differ.")


def _opens(name: str, passphrase: str) -> bool:
    try:
        vault().unseal(name, passphrase)
    except Refused:
        return False
    return True


def _production(made: Connected) -> bool:
    return made.tried.account.environment is not Environment.LAB


def _offer_safer(made: Connected, person: Person, open_page: OpenPage) -> None:
    """A second credential that can only read: dry runs use it, and then the vendor itself refuses what our broker would."""
    name, guide = made.spec.name, guide_of(made.spec.crm)
    person.say(
        f"To make {name} safer still, looking and dry runs can have a credential of their own that can only read."
    )
    if not agrees(person, f"{guide.safer} Do it now?", otherwise=False):
        return
    try:
        second = connect(made.spec.crm, person, name=name, reading_only=True, open_page=open_page)
        _keep_reading(made, second, person)
    except MigrationError as error:
        person.say(f"{error} {name} stays connected as it was.")


def _keep_reading(made: Connected, second: Connected, person: Person) -> None:
    if second.tried.account.id != made.tried.account.id:
        raise ConfigurationError(
            f"That credential opens another account, {second.tried.account.name} and not {made.tried.account.name}; it was not kept."
        )
    if second.tried.too_much:
        person.say(f"This one may write as well ({', '.join(second.tried.too_much)}), which is not what was meant.")
        if not agrees(person, "Keep it all the same?", otherwise=False):
            raise Refused("It was not kept.", code="gave_up")
    try:
        save_connection(second.spec, reading=True)
        person.say(f"Kept in the system keyring; looking at {made.spec.name} and dry runs use it from now on.")
    except ConfigurationError:  # no keyring on this machine
        credential = second.spec.credential.model_dump(mode="json", context={"reveal": True})
        about = {"crm": second.spec.crm, "origin": second.spec.origin}
        vault().seal(made.spec.name + READING, credential, _passphrase(person), about)
        person.say(f"Sealed beside the first; looking at {made.spec.name} and dry runs use it from now on.")
