"""One pair of practice CRMs and one long way for all of these tests; each begins where that way was left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from sdrbot_skills.lab.processes import running
from tests.e2e import company
from tests.e2e.company import Company
from tests.e2e.harness import Workspace
from tests.e2e.stage import Stage


class Way(NamedTuple):
    """A working folder with a rehearsed run of companies, contacts and deals, HubSpot to Salesforce, and what the source holds."""

    workspace: Workspace
    source: Company
    run: str


class Walked:
    """The long way, walked as far as anybody asks."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._runs = {"seeded": ""}
        self._source = company.found(stage.workspace.hubspot)
        company.furnish(stage.workspace.salesforce)
        stage.keep("seeded")

    def back(self, name: str, folder: Path) -> Way:
        if name not in self._runs:
            getattr(self, f"_{name}")()
        return Way(self._stage.back(name, folder), self._source, self._runs[name])

    def _planned(self) -> None:
        """Questions answered and the migration key made."""
        workspace = self._stage.begin("seeded")
        workspace.plan()
        workspace.make_key()
        self._keep("planned")

    def _rehearsed(self) -> None:
        if "planned" not in self._runs:
            self._planned()
        self._keep("rehearsed", self._stage.begin("planned").rehearse()["run"])

    def _unkeyed(self) -> None:
        """Rehearsed without a migration key."""
        workspace = self._stage.begin("seeded")
        workspace.plan()
        self._keep("unkeyed", workspace.rehearse()["run"])

    def _keep(self, name: str, run: str = "") -> None:
        self._stage.keep(name)
        self._runs[name] = run


@pytest.fixture(scope="session")
def _walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    with running("hubspot", "salesforce") as labs:
        yield Walked(Stage(tmp_path_factory.mktemp("stage"), *labs))


@pytest.fixture
def way(_walked: Walked, tmp_path: Path) -> Way:
    """Rehearsed, not approved."""
    return _walked.back("rehearsed", tmp_path)


@pytest.fixture
def back(_walked: Walked, tmp_path: Path) -> Callable[[str], Way]:
    """Back to `seeded` (nothing typed yet), `planned` (with the migration key made), `rehearsed` or `unkeyed`, as often as one likes."""
    count = iter(range(1000))
    return lambda name: _walked.back(name, tmp_path / str(next(count)))
