"""A lab takes a typed name; anything else a passphrase from a real terminal."""

from __future__ import annotations

import getpass
import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable

import pytest
from rich.console import Console

from sdrbot_skills.approval.channels import terminal
from sdrbot_skills.approval.summary import ApprovalSummary, render
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.results import Finding, Sample
from tests.approval.conftest import PASSPHRASE

Unseal = Callable[[str], str]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=120)


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def answer(*passphrases: str) -> None:
        given = iter(passphrases)
        monkeypatch.setattr(sys, "stderr", Terminal())
        monkeypatch.setattr(getpass, "getpass", lambda prompt: next(given))

    return answer


def refusal(*arguments: object, **named: object) -> Refused:
    with pytest.raises(Refused) as caught:
        terminal.ask(*arguments, **named)  # type: ignore[arg-type]
    assert caught.value.exit_code == 3
    return caught.value


def test_a_lab_takes_the_name_through_a_pipe(lab_summary: ApprovalSummary, unseal: Unseal, console: Console) -> None:
    approved = terminal.ask(lab_summary, unseal, console=console, answers=io.StringIO("acme gmbh\n"))
    assert (approved.channel, approved.unsealed) == ("terminal", None)


def test_a_lab_takes_no_other_word(lab_summary: ApprovalSummary, unseal: Unseal, console: Console) -> None:
    answers = io.StringIO("yes\nACME\napprove\nAcme GmbH\n")
    assert refusal(lab_summary, unseal, console=console, answers=answers).code == "not_approved"


def test_no_answer_is_no(lab_summary: ApprovalSummary, unseal: Unseal, console: Console) -> None:
    assert refusal(lab_summary, unseal, console=console, answers=io.StringIO("")).code == "not_approved"


@pytest.mark.parametrize("word", ["no", "No.", "cancel", "undo"])
def test_who_changes_their_mind_is_asked_once(
    lab_summary: ApprovalSummary, unseal: Unseal, console: Console, word: str
) -> None:
    refused = refusal(lab_summary, unseal, console=console, answers=io.StringIO(f"{word}\nAcme GmbH\n"))
    assert "you said no" in str(refused)


def test_the_gravest_stands_first_and_says_where_and_how_often(lab_summary: ApprovalSummary) -> None:
    found = [
        Finding(rule="on_the_target", severity="info", message="Automations run."),
        Finding(
            rule="r", severity="problem", object="contacts", field="email", count=1, message="Held back: no e-mail"
        ),
    ]
    screen = shown(lab_summary.model_copy(update={"findings": found}))
    assert screen.index("problem: contacts.email: Held back: no e-mail (1 record)") < screen.index("info: Automations")
    assert "Automations run. (" not in screen


def test_values_are_shown_as_people_write_them(lab_summary: ApprovalSummary) -> None:
    after = {"phones": [{"value": "+44 20", "primary": True, "label": "work"}], "owner": {"id": "7"}, "none": None}
    sample = Sample(object="contacts", source_id="7", decision="create", before={}, after=after)
    screen = shown(lab_summary.model_copy(update={"samples": [sample]}))
    assert "phones: +44 20 (primary, work)" in screen and "owner: id 7" in screen and "{" not in screen


def shown(summary: ApprovalSummary) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(render(summary))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_a_pipe_approves_nothing_else(
    summary: ApprovalSummary, unseal: Unseal, console: Console, environment: str
) -> None:
    summary = summary.model_copy(update={"target": summary.target.model_copy(update={"environment": environment})})
    answers = io.StringIO(f"{PASSPHRASE}\nAcme GmbH\n")
    assert refusal(summary, unseal, console=console, answers=answers).code == "no_terminal"


def test_the_passphrase_opens_the_credential(
    summary: ApprovalSummary, unseal: Unseal, console: Console, at_a_terminal: Callable[..., None]
) -> None:
    at_a_terminal("wrong", PASSPHRASE)
    approved = terminal.ask(summary, unseal, console=console, answers=Terminal())
    assert approved.unsealed == "the credential"


def test_three_wrong_ones_end_it(
    summary: ApprovalSummary, unseal: Unseal, console: Console, at_a_terminal: Callable[..., None]
) -> None:
    at_a_terminal("wrong", "wrong", "wrong", PASSPHRASE)
    assert refusal(summary, unseal, console=console, answers=Terminal()).code == "not_approved"


def test_root_in_production_types_the_consent(
    summary: ApprovalSummary, unseal: Unseal, console: Console, at_a_terminal: Callable[..., None]
) -> None:
    summary = summary.model_copy(update={"typed_consent": "run as root"})
    at_a_terminal(PASSPHRASE, PASSPHRASE)
    approved = terminal.ask(summary, unseal, console=console, answers=Terminal("yes\nRun as root\n"))
    assert approved.unsealed == "the credential"


def test_the_screen_shows_what_counts_and_no_markup(summary: ApprovalSummary) -> None:
    hostile = summary.model_copy(update={"emails": "[bold]No\x1b]0;title\x07[/bold] \u202edetsiver"})
    console = Console(file=io.StringIO(), width=160)
    console.print(render(hostile))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for part in (
        "Acme GmbH",
        "production",
        "1,000",
        "1 h 30 min",
        "job titles are cut",
        "<b>Köln</b>",
        "deadbeef",
        "[bold]No[/bold]",
    ):
        assert part in shown
    assert "\x1b]0" not in shown and "\u202e" not in shown


def test_through_a_real_terminal() -> None:
    """The passphrase is read from the controlling terminal, and is not echoed."""
    script = """
import sys
from sdrbot_skills.approval.channels import terminal
from sdrbot_skills.approval.summary import Account, ApprovalSummary
target = Account(crm="Salesforce", name="Acme", id="1", environment="production")
summary = ApprovalSummary(run="r1", source=None, target=target, emails="no", way_back="undo", fingerprint="f")
approved = terminal.ask(summary, lambda passphrase: passphrase[::-1])
print("opened", approved.unsealed)
"""
    host, own = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", "import fcntl, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\n" + script],
        stdin=own,
        stdout=own,
        stderr=own,
        start_new_session=True,
    )
    os.close(own)
    shown = b""
    while b"Passphrase of" not in shown:
        shown += os.read(host, 4096)
    os.write(host, b"s3cret-word\n")
    try:
        while chunk := os.read(host, 4096):
            shown += chunk
    except OSError:  # EIO: the terminal's other side is closed
        pass
    os.close(host)
    assert child.wait(30) == 0
    assert b"opened drow-terc3s" in shown
    assert b"s3cret-word" not in shown
