"""Two practice CRMs and a working folder that can be put back to how they were, so that a long way is walked once and left at many points."""

from __future__ import annotations

import shutil
from pathlib import Path

from sdrbot_skills.lab.processes import Emulator
from tests.e2e.harness import Workspace


class Stage:
    """`keep(name)` remembers labs and folder as they are; `back(name, folder)` makes them so again, the folder in another place."""

    def __init__(self, root: Path, *labs: Emulator) -> None:
        self._root = root
        self.labs = labs
        self.workspace = Workspace(root / "first", *labs)

    def keep(self, name: str) -> None:
        shutil.copytree(self.workspace.folder, self._kept(name) / "folder")
        for lab in self.labs:
            lab.kill9()
            shutil.copytree(lab.data, self._kept(name) / lab.crm)
            lab.restart()

    def begin(self, name: str) -> Workspace:
        """Back to that moment in a folder that the next `keep` remembers."""
        self.workspace = self.back(name, self._root / f"from-{name}-{len(list(self._root.iterdir()))}")
        return self.workspace

    def back(self, name: str, folder: Path) -> Workspace:
        for lab in self.labs:
            lab.kill9()
            shutil.rmtree(lab.data)
            shutil.copytree(self._kept(name) / lab.crm, lab.data)
            lab.restart()
        shutil.copytree(self._kept(name) / "folder", folder, dirs_exist_ok=True)
        return Workspace(folder, *self.labs)

    def _kept(self, name: str) -> Path:
        return self._root / "kept" / name
