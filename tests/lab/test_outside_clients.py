"""The vendors' own JavaScript clients work against the emulators, which were not written with them in mind."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sdrbot_skills import lab
from tests.lab.salesforce_org import Org

CLIENTS = Path(__file__).parent / "clients"
INSTALL = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and their packages; skips where Node or its registry is out of reach."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("clients")
    for file in CLIENTS.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    done = subprocess.run(INSTALL, cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    if done.returncode:
        if any(sign in done.stderr for sign in ("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "ENETUNREACH")):
            pytest.skip("npm cannot reach its registry")
        pytest.fail(f"npm ci failed:\n{done.stderr[-2000:]}")
    return folder


def trip(folder: Path, script: str, *arguments: str) -> None:
    command = ["node", script, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("trip done")


def test_hubspots_node_client(installed: Path, hubspot: lab.Emulator) -> None:
    trip(installed, "hubspot_trip.mjs", hubspot.base_url, hubspot.env["HUBSPOT_ACCESS_TOKEN"])
    assert hubspot.writes()["contacts/inserted"] == 152


def test_jsforce(installed: Path, org: Org) -> None:
    env = org.lab.env
    trip(installed, "salesforce_trip.mjs", org.lab.base_url, env["SF_CLIENT_ID"], env["SF_CLIENT_SECRET"])
    assert org.lab.writes()["Contact/inserted"] == 251


def test_pipedrives_node_client(installed: Path) -> None:
    with lab.running("pipedrive") as pipedrive:
        trip(installed, "pipedrive_trip.mjs", pipedrive.base_url, pipedrive.env["PIPEDRIVE_API_TOKEN"])
        assert pipedrive.writes()["organizations/inserted"] == 8
