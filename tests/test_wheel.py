"""The wheel, installed where nothing of this checkout can be seen, carries all it needs: templates, skills, data, the demo."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel. Its dependencies are those of this one, found by path: nothing is fetched."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


def run(python: Path, folder: Path, *words: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HUBSPOT_", "SF_", "CRM_MIGRATE_", "PYTHON"))
    }
    return subprocess.run(
        [str(python), *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )


def test_it_carries_templates_skills_and_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "_templates/migration/migration.py.j2",
        "_templates/report/report.html.j2",
        "_skills/crm-migration/SKILL.md",
        "crm/hubspot/policy.yaml",
        "py.typed",
    ):
        assert f"sdrbot_skills/{wanted}" in names
    assert not [name for name in names if "contracts" in name or name.startswith("tests")]


def test_nothing_of_the_checkout_is_seen(installed: Path, tmp_path: Path) -> None:
    found = run(installed, tmp_path, "-c", "import sdrbot_skills; print(sdrbot_skills.__file__)")
    assert str(ROOT) not in found.stdout, found.stderr
    assert "site-packages" in found.stdout


def test_the_demo_ends_with_zeros(installed: Path, tmp_path: Path) -> None:
    ended = run(installed, tmp_path, "-m", "sdrbot_skills", "demo", timeout=230)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    assert "lost 0, duplicated 0, mismatched 0, links missing 0" in ended.stdout
    (report,) = (tmp_path / "crm-migrate-demo").rglob("report.html")
    assert "Verified" in report.read_text()
