"""Telephone numbers as Twenty stores them: split into national number, country and calling code, by Google's rules (libphonenumber)."""

from typing import Any

import phonenumbers
from phonenumbers import PhoneNumber

from sdrbot_skills.lab.twenty import errors

Parts = tuple[str, str, str]


def split(number: Any, country: Any, calling: Any) -> Parts:
    """(national number, country, calling code); 400 with a code where they do not go together."""
    country, calling = country or "", str(calling or "")
    if country and country not in phonenumbers.SUPPORTED_REGIONS:
        raise errors.invalid(f"Invalid country code {country}", "INVALID_PHONE_COUNTRY_CODE")
    if calling and not _regions(calling):
        raise errors.invalid(f"Invalid calling code {calling}", "INVALID_PHONE_CALLING_CODE")
    if not number:
        return "", country, calling
    region = country or (_regions(calling)[0] if calling else None)
    parsed = _parse(str(number), region)
    found_calling = f"+{parsed.country_code}"
    found_country = _country(parsed, country)
    if country and country != found_country and str(number).strip().startswith("+"):
        raise errors.invalid("Provided and inferred country code are conflicting", "CONFLICTING_PHONE_COUNTRY_CODE")
    if calling and calling != found_calling:
        raise errors.invalid("Provided and inferred calling code are conflicting", "CONFLICTING_PHONE_CALLING_CODE")
    return _national(parsed), country or found_country, found_calling


def _parse(number: str, region: str | None) -> PhoneNumber:
    try:
        return phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException as error:
        message = f"Provided phone number is invalid {number}"
        raise errors.invalid(message, "INVALID_PHONE_NUMBER") from error


def _national(parsed: PhoneNumber) -> str:
    zeros = "0" * (parsed.number_of_leading_zeros or 1) if parsed.italian_leading_zero else ""
    return f"{zeros}{parsed.national_number}"


def _country(parsed: PhoneNumber, given: str) -> str:
    """The number's own country; for one that no country has, the main country of the calling code."""
    exact = phonenumbers.region_code_for_number(parsed)
    if exact:
        return str(exact)
    regions = _regions(f"+{parsed.country_code}")
    return given if given in regions else (regions[0] if regions else "")


def _regions(calling: str) -> tuple[str, ...]:
    digits = calling.removeprefix("+")
    return tuple(phonenumbers.region_codes_for_country_code(int(digits))) if digits.isdigit() else ()
