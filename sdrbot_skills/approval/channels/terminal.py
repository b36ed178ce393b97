"""Ask in the terminal. A lab takes a typed account name, also through a pipe; everything else takes a passphrase from a real terminal."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from typing import TextIO

from rich.console import Console

from sdrbot_skills.approval.channels.answer import TRIES, Approved, Unsealed, judge, not_approved
from sdrbot_skills.approval.record import Channel
from sdrbot_skills.approval.summary import ApprovalSummary, render
from sdrbot_skills.errors import Refused

DECLINED = frozenset({"no", "n", "stop", "cancel", "abort", "quit", "exit", "/quit", "undo", "do not approve"})
"""Words of somebody who changed their mind; an account of such a name is approved on the page."""


def ask(
    summary: ApprovalSummary,
    unseal: Callable[[str], Unsealed],
    *,
    console: Console | None = None,
    answers: TextIO | None = None,
    channel: Channel = "terminal",
) -> Approved[Unsealed]:
    """Show the screen and wait for the person. `unseal` gets the passphrase and raises Refused where it is wrong.

    Raises Refused (exit code 3): `no_terminal` where there is nobody to ask, `not_approved` after an empty answer or three wrong ones.
    """
    console, answers = console or Console(stderr=True), answers or sys.stdin
    if summary.needs_passphrase and not (answers.isatty() and sys.stderr.isatty()):
        raise Refused(
            f"Run {summary.run} was not approved: {summary.target.environment} needs your passphrase, and that only from a real "
            f"terminal. Run `crm-migrate approve {summary.run}` in one, or use its page.",
            code="no_terminal",
        )
    console.print(render(summary))
    for _ in range(TRIES):
        try:
            return _ask_once(summary, unseal, console, answers, channel)
        except Refused as refusal:
            if refusal.code not in ("wrong_passphrase", "wrong_account_name", "wrong_consent"):
                raise
            console.print(str(refusal), style="yellow", markup=False)
    raise not_approved(summary, f"{TRIES} wrong answers")


def _ask_once(
    summary: ApprovalSummary, unseal: Callable[[str], Unsealed], console: Console, answers: TextIO, channel: Channel
) -> Approved[Unsealed]:
    consent = ""
    if summary.typed_consent is not None:
        console.print(f"Type “{summary.typed_consent}” to agree to that:", markup=False)
        consent = _line(summary, answers)
    if summary.needs_passphrase:
        typed = getpass.getpass(f"Passphrase of “{summary.target.name}” (empty: do not approve): ")
        if not typed:
            raise not_approved(summary, "you said no")
    else:
        console.print(
            f"Type the account's name, {summary.target.name}, to approve (`no` or empty: do not approve):", markup=False
        )
        typed = _line(summary, answers)
    return judge(summary, channel, typed, consent, unseal)


def _line(summary: ApprovalSummary, answers: TextIO) -> str:
    line = answers.readline().strip()
    if not line or line.lower().rstrip(".!") in DECLINED:
        raise not_approved(summary, "you said no")
    return line
