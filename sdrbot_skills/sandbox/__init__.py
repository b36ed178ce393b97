"""Run an untrusted script where it can reach one unix socket and one folder, and nothing else."""

from sdrbot_skills.sandbox.bubblewrap import launch, unavailable
from sdrbot_skills.sandbox.doctor import Finding, examine, trusted
from sdrbot_skills.sandbox.output import Line
from sdrbot_skills.sandbox.process import SandboxProcess
from sdrbot_skills.sandbox.reading import copy_untrusted, open_untrusted, read_untrusted, read_untrusted_tail
from sdrbot_skills.sandbox.request import INSIDE_BROKER, INSIDE_SEALED, INSIDE_WORK, Limits, Outcome, SandboxRequest

__all__ = [
    "INSIDE_BROKER",
    "INSIDE_SEALED",
    "INSIDE_WORK",
    "Finding",
    "Limits",
    "Line",
    "Outcome",
    "SandboxProcess",
    "SandboxRequest",
    "copy_untrusted",
    "examine",
    "launch",
    "open_untrusted",
    "read_untrusted",
    "read_untrusted_tail",
    "trusted",
    "unavailable",
]
