"""Salesforce record ids: 3 characters of key prefix, 12 of instance and number, 3 of checksum.

The checksum (vendor doc "ID Field Type") makes 15-character ids, which are case-sensitive, safe for tools that are
not: each of its characters says which of five characters are upper case.
"""

import re
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUE = {digit: index for index, digit in enumerate(_DIGITS)}
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
# "10000" (the first of five is a capital) -> "B"
_SIGN = {f"{number:05b}"[::-1]: char for number, char in enumerate(_CHECK)}
_CAPITALS = str.maketrans({char: "1" if char.isupper() else "0" for char in _DIGITS})
_INSTANCE = "5g00"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
MASTER_RECORD_TYPE = "012000000000000AAA"


def encode(prefix: str, number: int) -> str:
    """The 18-character id of the lab's record `number`; ids of one object sort like their numbers."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    head = f"{prefix}{_INSTANCE}{digits.rjust(8, '0')}"
    return head + _checksum(head)


def _checksum(head: str) -> str:
    capitals = head.translate(_CAPITALS)
    return _SIGN[capitals[:5]] + _SIGN[capitals[5:10]] + _SIGN[capitals[10:]]


def is_id(text: object) -> bool:
    """Whether this has the shape of an id and, with 18 characters, the right checksum (in any case)."""
    if not isinstance(text, str) or not _SHAPE.fullmatch(text):
        return False
    return len(text) == 15 or restore(text) is not None


@lru_cache(maxsize=65536)
def restore(text: str) -> str | None:
    """The canonical 18-character id of a 15-character one, or of an 18-character one whose case was folded."""
    if not _SHAPE.fullmatch(text):
        return None
    if len(text) == 15:
        return text + _checksum(text)
    if _checksum(text[:15]) == text[15:]:
        return text
    flags = [_CHECK.find(char) for char in text[15:].upper()]
    if -1 in flags:
        return None
    head = "".join(
        char.upper() if flags[index // 5] >> (index % 5) & 1 else char.lower() for index, char in enumerate(text[:15])
    )
    return head + text[15:].upper()


@lru_cache(maxsize=65536)
def decode(text: str) -> tuple[str, int] | None:
    """(key prefix, number) of an id that this lab could have given out, else None."""
    canonical = restore(text)
    if canonical is None or canonical[3:7] != _INSTANCE:
        return None
    number = 0
    for char in canonical[7:15]:
        number = number * 62 + _VALUE[char]
    return canonical[:3], number
