"""Attribute values: what is accepted, what is stored, what is shown (doc "Attribute types").

Stored is the dictionary that is shown, without the four members every value has, plus `@`, the moment it was written (ms).
"""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import phonenumbers

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.ids import number_of, uid
from sdrbot_skills.lab.attio.schema import Attribute, Schema
from sdrbot_skills.lab.core.clock import to_seconds
from sdrbot_skills.lab.core.store import Doc

PLACE = ("line_1", "line_2", "line_3", "line_4", "locality", "region", "postcode", "country_code", "latitude", "longitude")  # fmt: skip
TEXT_BYTES = 10 * 1024 * 1024
_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s,;<>()\".]+")
_HOST = re.compile(r"[^\s./@]+(\.[^\s./@]+)+")
_COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS) | {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}


class Values:
    """Reads what callers send for one attribute."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def parse(self, attribute: Attribute, given: Any) -> list[Doc]:
        """The values of one attribute in a body; a bare value is a list of one, null and [] are none."""
        entries = [] if given is None else given if isinstance(given, list) else [given]
        if len(entries) > 1 and not attribute.multi:
            raise errors.invalid(f'Attribute "{attribute.slug}" takes a single value, {len(entries)} were given.')
        parse = getattr(self, "_" + attribute.type.replace("-", "_"), None)
        if parse is None:
            raise errors.invalid(f'Values of attribute "{attribute.slug}" cannot be written.')
        parsed: list[Doc] = []
        for entry in entries:
            value = parse(attribute, entry)
            if value is not None and value not in parsed:
                parsed.append(value)
        return parsed

    def show(self, attribute: Attribute, stored: Doc) -> Doc:
        """The stored value without its time, options and statuses in full."""
        if attribute.type in ("select", "status"):
            name = "status" if attribute.type == "status" else "option"
            choice = next(one for one in self.schema.choices(attribute) if one["n"] == stored["choice"])
            return {name: self.schema.show_choice(attribute, choice)}
        if attribute.type == "record-reference":
            number = stored["record"]
            shown = self.schema.shown_slug(stored["object"])
            return {"target_object": shown, "target_record_id": uid(f"record {stored['object']}", number)}
        return {name: value for name, value in stored.items() if name != "@"}

    # --- by type ---

    def _text(self, attribute: Attribute, entry: Any) -> Doc | None:
        text = _member(attribute, entry, "value")
        if not isinstance(text, str):
            raise _wrong(attribute, "a string")
        if len(text.encode()) > TEXT_BYTES:
            raise errors.invalid(f'The value of "{attribute.slug}" is longer than 10 MB.')
        return {"value": text} if text else None

    def _number(self, attribute: Attribute, entry: Any) -> Doc:
        number = _member(attribute, entry, "value")
        if isinstance(number, str):
            number = _float(attribute, number)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise _wrong(attribute, "a number")
        return {"value": number}

    def _rating(self, attribute: Attribute, entry: Any) -> Doc:
        number = _member(attribute, entry, "value")
        if isinstance(number, bool) or number not in (0, 1, 2, 3, 4, 5):
            raise _wrong(attribute, "a whole number from 0 to 5")
        return {"value": number}

    def _checkbox(self, attribute: Attribute, entry: Any) -> Doc:
        flag = _member(attribute, entry, "value")
        if flag not in (True, False, "true", "false"):
            raise _wrong(attribute, "true or false")
        return {"value": flag in (True, "true")}

    def _currency(self, attribute: Attribute, entry: Any) -> Doc:
        amount = _member(attribute, entry, "currency_value")
        if isinstance(amount, str):
            amount = _float(attribute, amount)
        if isinstance(amount, bool) or not isinstance(amount, int | float):
            raise _wrong(attribute, "a number")
        if round(amount, 4) != amount:
            raise errors.invalid(f'The value of "{attribute.slug}" has more than four decimals.')
        return {"currency_value": amount, "currency_code": attribute.doc.get("currency")}

    def _date(self, attribute: Attribute, entry: Any) -> Doc:
        text = _member(attribute, entry, "value")
        return {"value": _moment(attribute, text).date().isoformat()}

    def _timestamp(self, attribute: Attribute, entry: Any) -> Doc:
        text = _member(attribute, entry, "value")
        return {"value": nine_decimals(_moment(attribute, text), str(text))}

    def _select(self, attribute: Attribute, entry: Any) -> Doc:
        return self._choice(attribute, entry, "option", "select option")

    def _status(self, attribute: Attribute, entry: Any) -> Doc:
        return self._choice(attribute, entry, "status", "status")

    def _choice(self, attribute: Attribute, entry: Any, member: str, words: str) -> Doc:
        wanted = _member(attribute, entry, member)
        if not isinstance(wanted, str):
            raise _wrong(attribute, f"the title or id of a {words}")
        number = number_of(member, wanted)
        for choice in self.schema.choices(attribute):
            if choice["n"] == number or choice["title"] == wanted:
                return {"choice": choice["n"]}
        raise errors.value_not_found(f'Cannot find {attribute.type} attribute with {words} title "{wanted}".')

    def _actor_reference(self, attribute: Attribute, entry: Any) -> Doc:
        members = self.schema.store.things("member").values()
        if isinstance(entry, dict) and entry.get("referenced_actor_type") == "workspace-member":
            number = number_of("member", str(entry.get("referenced_actor_id")))
            found = [one for one in members if one["n"] == number]
        else:
            email = str(_member(attribute, entry, "workspace_member_email_address")).lower()
            found = [one for one in members if one["email_address"].lower() == email]
        if not found:
            raise errors.value_not_found(f'Cannot find the workspace member given for "{attribute.slug}".')
        return {"referenced_actor_type": "workspace-member", "referenced_actor_id": uid("member", found[0]["n"])}

    def _location(self, attribute: Attribute, entry: Any) -> Doc:
        """A string is geocoded by Attio; here it becomes the first line. An object has all ten keys."""
        if isinstance(entry, str):
            return {**dict.fromkeys(PLACE), "line_1": entry.strip()}
        if not isinstance(entry, dict) or set(PLACE) - set(entry):
            raise errors.invalid(f'A location for "{attribute.slug}" needs all of {", ".join(PLACE)} (null allowed).')
        place = {name: entry[name] for name in PLACE}
        if any(value is not None and not isinstance(value, str) for value in place.values()):
            raise errors.invalid(f'The parts of the location "{attribute.slug}" have to be strings or null.')
        if place["country_code"] is not None and place["country_code"] not in _COUNTRIES:
            raise errors.invalid(f'"{attribute.slug}.country_code" is not an ISO 3166-1 alpha-2 code.')
        return place

    def _domain(self, attribute: Attribute, entry: Any) -> Doc:
        text = str(_member(attribute, entry, "domain")).strip().lower()
        try:
            host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        except ValueError:
            host = ""
        if not _HOST.fullmatch(host):
            raise errors.invalid(f'The value given for "{attribute.slug}" is not a domain.')
        host = host.removeprefix("www.")
        return {"domain": host, "root_domain": _root(host)}

    def _email_address(self, attribute: Attribute, entry: Any) -> Doc:
        text = str(_member(attribute, entry, "email_address")).strip()
        if not _EMAIL.fullmatch(text):
            raise errors.invalid(f'The value given for "{attribute.slug}" is not an e-mail address.')
        local, _, domain = text.lower().rpartition("@")
        return {
            "original_email_address": text,
            "email_address": text.lower(),
            "email_domain": domain,
            "email_root_domain": _root(domain),
            "email_local_specifier": local,
        }

    def _phone_number(self, attribute: Attribute, entry: Any) -> Doc:
        given = entry if isinstance(entry, dict) else {"original_phone_number": entry}
        text, country = str(given.get("original_phone_number", "")), given.get("country_code")
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or number.extension or not phonenumbers.is_possible_number(number):
            raise errors.invalid(f'The value given for "{attribute.slug}" is not a phone number in E.164 form.')
        region = phonenumbers.region_code_for_number(number) or country or "US"
        normal = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        region = "US" if region == "001" else region
        return {"original_phone_number": text, "country_code": region, "phone_number": normal}

    def _personal_name(self, attribute: Attribute, entry: Any) -> Doc | None:
        """As one string it is "Last, First"; without a comma all of it is the first name."""
        if isinstance(entry, str):
            last, comma, first = entry.partition(",")
            first, last = (first.strip(), last.strip()) if comma else (entry.strip(), "")
            entry = {"first_name": first, "last_name": last, "full_name": f"{first} {last}".strip()}
        names = ("first_name", "last_name", "full_name")
        if not isinstance(entry, dict) or any(not isinstance(entry.get(name), str) for name in names):
            raise errors.invalid(f'A name for "{attribute.slug}" needs first_name, last_name and full_name.')
        return {name: entry[name] for name in names} if any(entry[name] for name in names) else None

    def _record_reference(self, attribute: Attribute, entry: Any) -> Doc:
        """By id; look-ups by a matching attribute are the records' business, see `records.Records.resolve`."""
        if not isinstance(entry, dict) or "target_object" not in entry:
            raise _wrong(attribute, "an object with target_object")
        slug = self.schema.object(str(entry["target_object"]))["slug"]
        if attribute.doc.get("allowed") and slug not in attribute.doc["allowed"]:
            raise errors.value_not_found(f'Attribute "{attribute.slug}" cannot point at "{slug}".')
        return {"object": slug, "record": number_of(f"record {slug}", str(entry.get("target_record_id")))}


def nine_decimals(moment: datetime, text: str = "") -> str:
    """UTC with nine decimals; what `datetime` cannot hold of a fraction is taken from the text."""
    fraction = re.search(r"\.(\d{1,9})", text)
    digits = fraction[1].ljust(9, "0") if fraction else f"{moment.microsecond:06d}000"
    return f"{to_seconds(moment.astimezone(UTC))}.{digits}Z"


def _member(attribute: Attribute, entry: Any, name: str) -> Any:
    if not isinstance(entry, dict):
        return entry
    if name not in entry:
        raise errors.invalid(f'The value given for "{attribute.slug}" has no "{name}".')
    return entry[name]


def _wrong(attribute: Attribute, expected: str) -> Exception:
    return errors.invalid(f'The value given for "{attribute.slug}" ({attribute.type}) has to be {expected}.')


def _float(attribute: Attribute, text: str) -> float:
    try:
        return float(Decimal(text))
    except InvalidOperation:
        raise _wrong(attribute, "a number") from None


def _moment(attribute: Attribute, text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise _wrong(attribute, "an ISO 8601 date or time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _root(host: str) -> str:
    """The registrable part, roughly: two labels, or three under a second-level suffix such as co.uk."""
    parts = host.split(".")
    deep = len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in ("co", "com", "org", "ac", "gov", "net")
    return ".".join(parts[-3:] if deep else parts[-2:])
