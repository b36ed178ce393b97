"""Run an untrusted script where it can reach one unix socket and one folder, and nothing else."""

from sdrbot_skills.sandbox.bubblewrap import launch, unavailable
from sdrbot_skills.sandbox.output import Line
from sdrbot_skills.sandbox.process import SandboxProcess
from sdrbot_skills.sandbox.request import INSIDE_BROKER, INSIDE_SEALED, INSIDE_WORK, Limits, Outcome, SandboxRequest

__all__ = [
    "INSIDE_BROKER",
    "INSIDE_SEALED",
    "INSIDE_WORK",
    "Limits",
    "Line",
    "Outcome",
    "SandboxProcess",
    "SandboxRequest",
    "launch",
    "unavailable",
]
