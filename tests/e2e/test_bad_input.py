"""What is wrong with a plan, a credential or a machine is said by name, with the right exit code, and leaves nothing half-written."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e import ends
from tests.e2e.conftest import Way
from tests.e2e.harness import Ended, Workspace

MEBIBYTE = 1024 * 1024
PLANS = {
    "unknown field": ("to: Title", "to: Titel", ("Titel", "contacts")),
    "required field not mapped": ("to: LastName", "to: Department", ("LastName",)),
    "wrong type": ("to: Amount", "to: IsPrivate", ("IsPrivate",)),
    "unknown source field": ("from: jobtitle", "from: jobtitel", ("jobtitel",)),
    "unknown object": ("target: Contact", "target: Kontakt", ("Kontakt",)),
    "unknown transform": ("from: jobtitle, to: Title", "from: jobtitle, to: Title, transform: shout", ("shout",)),
    "unknown word": ("when_found: update", "when_found: perhaps", ("when_found", "perhaps")),
    "not YAML": ("objects:", "objects: [", ("plan.yaml",)),
}


def test_plans_that_cannot_be_run(back: Callable[[str], Way]) -> None:
    workspace = back("planned").workspace
    plan = workspace.folder / "plan.yaml"
    good = plan.read_text()
    for what, (old, new, words) in PLANS.items():
        assert old in good, what
        plan.write_text(good.replace(old, new, 1))
        ended = workspace.cm("check", "plan.yaml", good=None)
        assert ended.code == 2, f"{what}: {ended.code}\n{ended.said}"
        for word in words:
            assert word in ended.said, f"{what}: {word} is not named\n{ended.said}"
    plan.write_text(good.replace("to: Title", "to: Titel", 1))
    assert "Titel" in workspace.cm("dry-run", "plan.yaml", good=(2,)).said
    assert not any(lab.writes().get("Contact/inserted") for lab in workspace.labs.values())
    assert workspace.cm("check", "nothing.yaml", good=None).code == 2
    assert workspace.cm("answer", "plan.yaml", "no.such.question=1", good=None).code == 2
    assert workspace.cm("plan", "--from", "hubspot", "--to", "salesforce", "--objects", "unicorns", good=None).code == 2
    for command in ("live", "undo"):
        assert workspace.cm(command, "20200101", good=None).code == 2, command


def test_credentials_hosts_and_permissions(back: Callable[[str], Way]) -> None:
    workspace = back("planned").workspace
    own = dict(workspace.environment)

    workspace.environment["HUBSPOT_ACCESS_TOKEN"] = "pat-na1-wrong-secret-0815"
    ended = _named(workspace, 5, "hubspot")
    assert "wrong-secret" not in ended.said
    workspace.environment["HUBSPOT_ACCESS_TOKEN"] = own["HUBSPOT_ACCESS_TOKEN"]

    workspace.environment["SF_CLIENT_SECRET"] = "not-the-secret-4711"
    ended = _named(workspace, 5, "salesforce")
    assert "4711" not in ended.said
    workspace.environment["SF_CLIENT_SECRET"] = own["SF_CLIENT_SECRET"]

    del workspace.environment["HUBSPOT_ACCESS_TOKEN"]
    _named(workspace, 2, "hubspot")

    scopes = ["oauth", "crm.objects.companies.read", "crm.schemas.companies.read", "crm.objects.owners.read"]
    weak = workspace.labs["hubspot"].control("tokens", scopes=scopes)["access_token"]
    workspace.environment["HUBSPOT_ACCESS_TOKEN"] = weak
    ended = workspace.cm("dry-run", "plan.yaml", good=None)
    assert ended.code in (2, 5), ended.said
    assert "crm." in ended.said and "contacts" in ended.said, "the missing scope is named"
    workspace.environment["HUBSPOT_ACCESS_TOKEN"] = own["HUBSPOT_ACCESS_TOKEN"]

    workspace.environment["HUBSPOT_BASE_URL"] = "http://127.0.0.1:9"
    _named(workspace, 1, "hubspot", "127.0.0.1:9")
    assert workspace.labs["salesforce"].writes().get("Contact/inserted") is None


def _named(workspace: Workspace, code: int, *words: str) -> Ended:
    ended = workspace.cm("dry-run", "plan.yaml", good=None)
    assert ended.code == code, ended.said
    for word in words:
        assert word.casefold() in ended.said.casefold(), ended.said
    return ended


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", str(disk)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk(back: Callable[[str], Way], small_disk: Path) -> None:
    """Nothing can be written at all, then too little is left for a run; with room again it is carried out."""
    workspace, source, run = back("rehearsed")
    shutil.copytree(workspace.folder / ".crm-migrate", small_disk, dirs_exist_ok=True)
    workspace.environment["CRM_MIGRATE_HOME"] = str(small_disk)
    workspace.approve(run)
    full = small_disk / "full"
    _fill(full, leave=0)
    ended = workspace.cm("live", run, good=(2,))
    assert "No space left on device" in ended.said and "Nothing was sent" in ended.said
    assert not workspace.labs["salesforce"].writes().get("Contact/inserted")
    full.unlink()

    _fill(full, leave=MEBIBYTE)
    ended = workspace.cm("live", run, good=(1,))
    assert "the disk that holds" in ended.said.replace("\n", " ")
    full.unlink()
    workspace.cm("resume", run)
    assert ends.difference(ends.found(workspace.salesforce), ends.expected(source)) == {}


def _fill(file: Path, leave: int) -> None:
    room = shutil.disk_usage(file.parent).free - leave
    with file.open("wb", buffering=0) as body, suppress(OSError):
        for _ in range(room // 4096 + (leave == 0)):
            body.write(bytes(4096))
