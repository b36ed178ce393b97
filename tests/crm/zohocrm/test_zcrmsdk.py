"""Zoho's own SDK of 2021 works on the broker's socket: a trip in a process of its own, and what it may not do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.lab.processes import Emulator
from tests.crm.zohocrm.conftest import Discover

TRIP = Path(__file__).parent / "zcrmsdk_trip.py"


def run(broker: BrokerHandle, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "CRM_MIGRATE_BROKER": str(broker.socket),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=100, check=False)


def test_a_trip(lab: Emulator, live_broker: BrokerHandle) -> None:
    done = run(live_broker, str(TRIP))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("trip done")
    assert lab.writes() == {"Contacts/inserted": 3, "Contacts/updated": 1}
    assert "automation/fired" not in lab.counters()


def test_outside_a_run_it_only_reads(lab: Emulator, discover: Discover) -> None:
    done = run(discover(lab), str(TRIP))
    assert done.returncode != 0
    assert "A discover connection only reads; nothing was sent" in done.stderr
    assert lab.writes() == {}
