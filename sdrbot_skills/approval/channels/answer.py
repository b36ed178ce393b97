"""What every channel asks for, and how an answer is judged. A channel draws and reads; it decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sdrbot_skills.approval.record import Channel
from sdrbot_skills.approval.summary import ApprovalSummary
from sdrbot_skills.errors import Refused

Unsealed = TypeVar("Unsealed")
TRIES = 3


@dataclass(frozen=True)
class Approved(Generic[Unsealed]):
    """The person agreed. `unsealed` is what their passphrase opened; None in a lab, where there is none."""

    channel: Channel
    unsealed: Unsealed | None


def judge(
    summary: ApprovalSummary, channel: Channel, typed: str, consent: str, unseal: Callable[[str], Unsealed]
) -> Approved[Unsealed]:
    """Raises Refused (`wrong_consent`, `wrong_account_name`, and what `unseal` raises: `wrong_passphrase`); the answer may be given again."""
    if summary.typed_consent is not None and _same(consent) != _same(summary.typed_consent):
        raise Refused(f"To agree, type “{summary.typed_consent}” as well. Nothing was approved.", code="wrong_consent")
    if summary.needs_passphrase:
        return Approved(channel, unseal(typed))
    if _same(typed) != _same(summary.target.name):
        raise Refused(
            f"That is not the name of the account ({summary.target.name}). Nothing was approved.",
            code="wrong_account_name",
        )
    return Approved(channel, None)


def not_approved(summary: ApprovalSummary, why: str) -> Refused:
    return Refused(
        f"Run {summary.run} was not approved: {why}. Nothing was written; the dry run is kept.", code="not_approved"
    )


def _same(text: str) -> str:
    return " ".join(text.split()).casefold()
