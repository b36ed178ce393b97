"""Zoho's own Python SDK works against the emulator, which was not written with it in mind."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from sdrbot_skills import lab

SDK = "zohocrmsdk8-0==7.0.0"
TRIP = Path(__file__).parent / "clients" / "zoho_trip.py"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the SDK, which needs an environment of its own; skips where it cannot be installed."""
    folder = tmp_path_factory.mktemp("zoho-sdk")
    venv.create(folder, with_pip=False)
    target = str(next(folder.glob("lib/python*")) / "site-packages")
    for command in (["uv", "pip", "install", "-q", "--target", target, SDK], _pip(target)):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        except (FileNotFoundError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return folder / "bin" / "python"
    pytest.skip(f"{SDK} cannot be installed here")


def _pip(target: str) -> list[str]:
    return [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", target, SDK]


def test_upsert_list_and_query(python: Path) -> None:
    with lab.running("zohocrm") as emulator:
        env = emulator.env
        arguments = [env["ZOHO_CLIENT_ID"], env["ZOHO_CLIENT_SECRET"], env["ZOHO_REFRESH_TOKEN"]]
        command = [str(python), str(TRIP), emulator.base_url, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.strip().endswith("trip done")
        assert emulator.writes() == {"Contacts/inserted": 3, "Contacts/updated": 1}
        assert "automation/fired" not in emulator.counters()
