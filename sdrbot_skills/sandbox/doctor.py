"""Is this machine's sandbox worth trusting? It is started for real and the script inside tries to get out."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.sandbox import escapes
from sdrbot_skills.sandbox.bubblewrap import find_bwrap, launch, unavailable
from sdrbot_skills.sandbox.escapes import Bait, Report
from sdrbot_skills.sandbox.request import Limits, SandboxRequest

SELF_TEST_SECONDS = 60.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `cure` is what the person can do where it is not `ok`; a finding that is not `blocking` is a warning."""

    name: str
    ok: bool
    detail: str
    cure: str = ""
    blocking: bool = True


def examine(more: tuple[Callable[[], list[Finding]], ...] = ()) -> list[Finding]:
    """Everything about the sandbox, then what the checks in `more` (credentials, connections) have to say."""
    findings = [*_sandbox(), _root()]
    return [*findings, *(finding for check in more for finding in check())]


def trusted(findings: list[Finding]) -> bool:
    """Whether an edited script may run here."""
    return all(finding.ok or not finding.blocking for finding in findings)


def try_to_escape() -> list[Report]:
    """Run every attempt in a sandbox on this machine. Raises ConfigurationError where none starts."""
    with _bait() as (bait, folder):
        request = SandboxRequest(
            script=Path(escapes.__file__).read_bytes(),
            socket_dir=folder / "broker",
            sealed_dir=folder / "sealed",
            work_dir=folder / "work",
            arguments=(json.dumps(bait),),
            limits=Limits(wall_seconds=SELF_TEST_SECONDS),
        )
        with launch(request) as process:
            lines = list(process.lines())
            outcome = process.wait(SELF_TEST_SECONDS)
    reports = {report.name: report for report in _reports([line.text for line in lines if line.stream == "stdout"])}
    missing = f"the attempt was not reported ({outcome})"
    return [reports.get(name, Report(name, False, missing)) for name in escapes.ATTEMPTS]


def _sandbox() -> list[Finding]:
    reason = unavailable()
    if reason is not None:
        return [
            Finding(
                "sandbox", False, reason, "Scripts that were edited cannot go live on this machine; rendered ones can."
            )
        ]
    try:
        reports = try_to_escape()
    except ConfigurationError as error:
        cause, cure = _cause()
        return [Finding("sandbox", False, f"{cause} {error}", cure)]
    escaped = [
        Finding(
            f"escape: {report.name}",
            False,
            report.detail,
            "Do not run edited scripts here; please report this with the line above.",
        )
        for report in reports
        if not report.held
    ]
    held = len(reports) - len(escaped)
    return [
        Finding("sandbox", not escaped, f"{held} of {len(reports)} attempts to get out failed ({find_bwrap()})."),
        *escaped,
    ]


def _root() -> Finding:
    if os.geteuid() != 0:
        return Finding("ordinary user", True, "the broker's memory is closed to other programs of this user.")
    detail = "running as root: any program started as root, an agent's shell included, can read the broker's memory and so the credentials."
    return Finding(
        "ordinary user",
        False,
        detail,
        "Run as an ordinary user; a production run as root asks for your typed consent.",
        False,
    )


def _cause(root: Path = Path("/")) -> tuple[str, str]:
    """The likely reason why no sandbox starts, and what to do; the settings are those of kernel, Ubuntu, Debian and Docker."""

    def setting(path: str) -> str | None:
        file = root / path
        return file.read_text().strip() if file.exists() else None

    if setting("proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "Ubuntu's AppArmor forbids user namespaces to programs without a profile.",
            "As administrator: `apt install bubblewrap apparmor-profiles` and enable the profile `bwrap-userns-restrict` "
            "(copy it from /usr/share/apparmor/extra-profiles to /etc/apparmor.d, then `systemctl reload apparmor`).",
        )
    if setting("proc/sys/kernel/unprivileged_userns_clone") == "0":
        return "This system forbids user namespaces.", "As administrator: `sysctl kernel.unprivileged_userns_clone=1`."
    if setting("proc/sys/user/max_user_namespaces") == "0":
        return "This system allows no user namespaces.", "As administrator: `sysctl user.max_user_namespaces=15000`."
    if (root / ".dockerenv").exists() or (root / "run/.containerenv").exists():
        return (
            "A container's own seccomp profile forbids what a sandbox needs.",
            "Start the container with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`, or run on the host.",
        )
    return "No known reason was found.", "Rendered scripts can still go live; edited ones cannot on this machine."


def _reports(lines: list[str]) -> Iterator[Report]:
    for line in lines:
        try:
            yield Report(*json.loads(line))
        except (ValueError, TypeError):  # something else was printed in between
            continue


@contextmanager
def _bait() -> Iterator[tuple[Bait, Path]]:
    """Real things of the host for the attempts to reach: a file, a service, sockets, this very process."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="crm-migrate-doctor-")))
        for name in ("broker", "sealed", "work", "other"):
            (folder / name).mkdir(mode=0o700)
        secret = folder / "other" / "secret"
        secret.write_text("bait")
        abstract = f"crm-migrate-doctor-{os.getpid()}"
        other = folder / "other" / "broker.sock"
        for address in ("\0" + abstract, str(other), str(folder / "broker" / "broker.sock")):
            _listen(closing, socket.AF_UNIX, address)
        loopback = _listen(closing, socket.AF_INET, ("127.0.0.1", 0))
        port = int(loopback.getsockname()[1])
        yield Bait(str(secret), str(Path.home()), os.getpid(), port, abstract, str(other)), folder


def _listen(closing: ExitStack, family: socket.AddressFamily, address: str | tuple[str, int]) -> socket.socket:
    listener = closing.enter_context(socket.socket(family))
    listener.bind(address)
    listener.listen()
    return listener
