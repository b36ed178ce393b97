"""Many records, one in a hundred with something wrong in one of twenty ways: each is named, all others land once, and a mended mapping brings them in.

CRM_TRIAL_RECORDS says how many (20,000 otherwise); time and memory are printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills import lab, planning
from sdrbot_skills.bench.watching import Watch
from sdrbot_skills.engine import read_journal
from sdrbot_skills.model.plan import FieldMapping
from tests import forking
from tests.e2e.harness import Workspace

RECORDS = int(os.environ.get("CRM_TRIAL_RECORDS", "20000"))
BAD_EVERY = 100
MEBIBYTE = 1024 * 1024

CHOICES = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": [
    {"valueName": name, "label": name, "default": False} for name in ("Gold", "Silver")]}}  # fmt: skip
MADE: dict[str, tuple[str, dict[str, Any]]] = {
    "t_date": ("Since__c", {"type": "Date"}),
    "t_number": ("Score__c", {"type": "Number", "precision": 6, "scale": 2}),
    "t_whole": ("Seats__c", {"type": "Number", "precision": 6, "scale": 0}),
    "t_yes": ("Vip__c", {"type": "Checkbox", "defaultValue": False}),
    "t_choice": ("Tier__c", {"type": "Picklist", "valueSet": CHOICES}),
    "t_many": ("Topics__c", {"type": "MultiselectPicklist", "visibleLines": 4, "valueSet": CHOICES}),
    "t_mail": ("Second_mail__c", {"type": "Email"}),
    "t_phone": ("Second_phone__c", {"type": "Phone"}),
    "t_page": ("Page__c", {"type": "Url"}),
    "t_code": ("Customer_no__c", {"type": "Text", "length": 20, "unique": True, "caseSensitive": False}),
}
"""HubSpot property (a text) -> field on the target's contacts and what it is."""

STANDARD = {"email": "Email", "firstname": "FirstName", "lastname": "LastName", "jobtitle": "Title", "city": "MailingCity",
            "zip": "MailingPostalCode", "phone": "Phone"}  # fmt: skip
OPTIONS = {"t_choice": ("select", ("Gold", "Silver", "Platinum")), "t_many": ("checkbox", ("Gold", "Silver", "Lead"))}
"""HubSpot properties that are no texts; the target has the first two options of each."""
VALUE_MAP = {"Gold": "Gold", "Silver": "Silver"}
MAPPED = STANDARD | {name: field for name, (field, _) in MADE.items()}

KINDS: list[tuple[str, str, str]] = [
    ("lastname", "", "required_missing"),
    ("firstname", "n" * 41, "too_long"),
    ("lastname", "n" * 81, "too_long"),
    ("jobtitle", "n" * 129, "too_long"),
    ("city", "n" * 41, "too_long"),
    ("zip", "9" * 21, "too_long"),
    ("t_page", "https://pages.example/" + "n" * 240, "too_long"),
    ("t_date", "yesterday", "not_a_date"),
    ("t_date", "2026-02-30", "not_a_date"),
    ("t_date", "2026-13-01", "not_a_date"),
    ("t_number", "a dozen", "not_a_number"),
    ("t_number", "1234567.5", "number_too_large"),
    ("t_number", "1.23456", "loses_precision"),
    ("t_whole", "2.5", "loses_precision"),
    ("t_yes", "perhaps", "not_a_boolean"),
    ("t_choice", "Platinum", "unmapped_value"),
    ("t_many", "Gold;Lead", "unmapped_value"),
    ("t_mail", "no address", "invalid_email"),
    ("t_phone", "none", "invalid_phone"),
    ("t_code", "TAKEN", "duplicate"),
]
"""What is wrong: the property, its value, and the rule by which it is named. Only the last is found out by the target alone."""


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_each_bad_row_is_named_and_the_rest_lands_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "WAIT", 3600)
    with lab.running("hubspot", "salesforce") as (hubspot, salesforce):
        workspace = Workspace(tmp_path, hubspot, salesforce)
        _furnish(workspace)
        people = [_person(number) for number in range(RECORDS)]
        ids = workspace.hubspot.create("contacts", people)
        wrong = {ids[number]: KINDS[kind][2] for number in range(RECORDS) if (kind := _kind(number)) is not None}
        _plan(workspace)
        run = _carried(workspace, workspace.rehearse()["run"], 4)
        with read_journal(workspace.run_folder(run) / "work" / "journal.sqlite") as journal:
            named = {one.source_id: one.rule for one in journal.quarantined()}
        assert named == wrong
        assert len(set(KINDS)) == 20 and (len(wrong) < 20 or set(named.values()) == {rule for *_, rule in KINDS})
        good = Counter(people[number]["email"] for number in range(RECORDS) if _kind(number) is None)
        assert _emails(workspace) == good
        workspace.proven(run)

        _mend(workspace)
        again = workspace.json("retry", run, "--plan", "plan.yaml")
        assert again["counts"]["contacts"]["create"] == len(wrong), again["counts"]
        again_run = _carried(workspace, again["run"], 0)
        assert _emails(workspace) == Counter(person["email"] for person in people)
        workspace.proven(again_run)


def _kind(number: int) -> int | None:
    """Which way the record of this number is bad, if it is."""
    turn, place = divmod(number, BAD_EVERY)
    return turn % len(KINDS) if place == BAD_EVERY // 2 else None


def _person(number: int) -> dict[str, str]:
    person = {
        "email": f"person{number:07}@trial.example", "firstname": "Ada", "lastname": f"Person {number}", "jobtitle": "Buyer",
        "city": "Basel", "zip": "4051", "phone": f"+41 61 {number:07}", "t_date": "2026-02-28",
        "t_number": "12.5", "t_whole": "7", "t_yes": "yes", "t_choice": "Gold", "t_many": "Gold;Silver",
        "t_mail": f"second{number}@trial.example", "t_phone": "+41 61 555", "t_page": "https://pages.example/1", "t_code": f"C{number}",
    }  # fmt: skip
    kind = _kind(number)
    if kind is not None:
        name, value, _ = KINDS[kind]
        person[name] = value
    return person


def _furnish(workspace: Workspace) -> None:
    for name, (field, metadata) in MADE.items():
        workspace.hubspot.post("/crm/v3/properties/contacts", {"name": name, "label": name, **_property(name)})
        workspace.salesforce.make_field(f"Contact.{field}", **metadata)
    workspace.salesforce.create("Contact", [{"LastName": "Was here before", "Customer_no__c": "TAKEN"}])


def _property(name: str) -> dict[str, Any]:
    group = {"groupName": "contactinformation"}
    if name not in OPTIONS:
        return {**group, "type": "string", "fieldType": "text"}
    kind, options = OPTIONS[name]
    return {
        **group,
        "type": "enumeration",
        "fieldType": kind,
        "options": [{"label": one, "value": one} for one in options],
    }


def _plan(workspace: Workspace) -> None:
    workspace.plan("contacts")
    path = workspace.folder / "plan.yaml"
    plan = planning.load_plan(path)
    plan.objects["contacts"].fields = [
        FieldMapping.of(source, target, value_map=VALUE_MAP if source in OPTIONS else None)
        for source, target in MAPPED.items()
    ]
    planning.save_plan(plan, path)
    workspace.make_key()


def _mend(workspace: Workspace) -> None:
    """What a person decides: shorten texts, leave out what is no value, name people without a name, drop the number that is taken."""
    path = workspace.folder / "plan.yaml"
    plan = planning.load_plan(path)
    entry = plan.objects["contacts"]
    entry.fields = [
        FieldMapping.of(
            source,
            target,
            value_map=VALUE_MAP if source in OPTIONS else None,
            otherwise="truncate" if source in STANDARD else "blank",
            fallback={"constant": "(no name)"} if source == "lastname" else None,
        )
        for source, target in MAPPED.items()
        if source != "t_code"
    ]
    planning.save_plan(plan, path)


def _carried(workspace: Workspace, run: str, code: int) -> str:
    """Approve and run; prints time and memory."""
    workspace.approve(run)
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "sdrbot_skills", "live", run],
        cwd=workspace.folder,
        env=workspace.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watch = Watch(process.pid)
    said, _ = process.communicate()
    peaks = {
        role: max((one.peak for one in watch.stop() if one.role == role), default=0) for role in ("script", "broker")
    }
    assert process.returncode == code, said
    memory = ", ".join(f"{role} {peak / MEBIBYTE:.0f} MiB" for role, peak in peaks.items())
    print(f"{RECORDS:,} records, run {run}: {time.monotonic() - began:.1f} s, {memory}", flush=True)
    return run


def _emails(workspace: Workspace) -> Counter[str]:
    return Counter(row["Email"] for row in workspace.salesforce.query("SELECT Email FROM Contact WHERE Email != null"))
