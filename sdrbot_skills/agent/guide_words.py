"""What the guide says at any step, and how anything that it says is kept short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

HELP = """I move customer data between CRMs, step by step, and write nothing before you have seen and approved it. I understand:
  migrate contacts and companies from HubSpot to Salesforce
  migrate contacts from Zoho to Pipedrive, only those in Germany, created after 2024
  yes · no · a number or a name from a list · back · more · status · continue · undo
  leave out FIELD · move FIELD to FIELD · only created after 2024 (while there is a plan)
  what will happen? · how long will it take? · why was it held back?
  /setup (accounts) · /setup privileged CONNECTION (changing a schema) · /setup standard · /runs · /quit
In privileged mode: list fields of contacts · create field Tier of contacts as choice with Gold, Silver · an admin tool with key=value"""

NOT_UNDERSTOOD = "I did not understand that.\n"
CHANGE_IT = "To change the plan say `leave out FIELD`, `move FIELD to FIELD` or `only created after 2024`."
BODY_LINES = 6
LINE = 140


@dataclass(frozen=True)
class Said:
    """What is said now, and all of it for who asks for `more`."""

    text: str
    more: str | None = None


def shorten(opening: Sequence[str], body: Sequence[str], closing: Sequence[str]) -> Said:
    """Opening and closing whole, of the body a few lines, each cut to one."""
    short = [line if len(line) <= LINE else line[: LINE - 1] + "…" for line in body[:BODY_LINES]]
    left = len(body) - len(short)
    if left:
        short.append(f"  … {left} more: say `more`")
    elif short != list(body):
        short.append("  … say `more` for all of it")
    text = "\n".join([*opening, *short, *closing])
    return Said(text, "\n".join([*opening, *body, *closing]) if short != list(body) else None)


def counted(number: int, word: str) -> str:
    """`1 record`, `2,000 records`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def tell_error(error: dict[str, Any]) -> Said:
    """What went wrong, and what can be done."""
    first, *rest = str(error["message"]).splitlines() or [""]
    return shorten([f"That did not work: {first}"], rest, [])
