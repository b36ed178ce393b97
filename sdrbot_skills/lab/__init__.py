"""Practice CRMs: local emulators that answer like the vendors, with fault injection and demo data."""

from sdrbot_skills.lab.processes import Emulator, LabError, running, start

__all__ = ["Emulator", "LabError", "running", "start"]
