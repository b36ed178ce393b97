"""After a restart of the machine the broker with the unsealed credential is gone: the person's passphrase brings it back, and nothing else does."""

from __future__ import annotations

import getpass
import sys

from sdrbot_skills.broker.launch import start
from sdrbot_skills.errors import Refused
from sdrbot_skills.runs.brokers import find_source, unsealed_connections
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.preparing import sealed_plan
from sdrbot_skills.runs.run_broker import run_spec, waiting_broker


def ensure_unsealed(run: RunDirectory) -> None:
    """Have a broker that holds the unsealed credential, where the run needs one. Asks at a terminal; raises `Refused` where there is none."""
    plan = sealed_plan(run)
    sealed = [side for side in (plan.source, plan.target) if not find_source(side.connection).plain]
    if not sealed or waiting_broker(run) is not None:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused(
            f"The credential of {sealed[-1].connection} is sealed and its broker has ended; type the passphrase at a terminal: `crm-migrate resume {run.id}`.",
            code="no_terminal",
        )
    passphrase = getpass.getpass(f"Passphrase of “{plan.target.account_name}”, to go on with run {run.id}: ")
    start(run_spec(run, plan, connections=unsealed_connections(plan, passphrase), detached=True))
