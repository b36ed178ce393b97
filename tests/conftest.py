"""Makes `from tests.support import ...` work however pytest is started, forks the product's processes, and starts the slow files first."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.processes import REAL, ForkingPopen  # noqa: E402

_POPEN = subprocess.Popen
subprocess.Popen = ForkingPopen  # type: ignore[misc]

# How long a machine takes is no property of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

SLOW = (
    "tests/e2e",
    "tests/test_walk.py",
    "tests/test_wheel.py",
    "tests/agent",
    "tests/runs",
    "tests/bench",
    "tests/conformance",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow files first, so that several workers end together; the order within a file stays."""
    items.sort(key=lambda item: not item.path.relative_to(ROOT).as_posix().startswith(SLOW))


@pytest.fixture(autouse=True)
def _real_processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is forked where it is tested how a process starts."""
    if request.path.relative_to(ROOT).as_posix().startswith(REAL):
        monkeypatch.setattr(subprocess, "Popen", _POPEN)
