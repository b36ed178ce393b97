"""The broker's "no": one exception, answered as HTTP 403 with `X-Broker-Refused: 1` and a JSON body."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "bad_request",  # the request is not in the one spelling we accept (400)
    "wrong_host",
    "unknown_connection",
    "unknown_operation",  # not in the policy table
    "forbidden_operation",  # in the table as `never`
    "method_override",
    "body_unreadable",  # not JSON in one unambiguous spelling, so it cannot be judged
    "body_too_large",
    "side_effect",  # a read that changes something: SOQL FOR VIEW, a sub-request that writes
    "job_not_planned",
    "start_in_doubt",  # a job was sent to be started, no answer came, and a second one could run beside it
    "write_in_dry_run",
    "write_to_source",
    "object_not_planned",
    "link_not_planned",
    "budget_exceeded",
    "send_limit_exceeded",
    "schema_not_planned",
    "not_in_undo",
    "purpose_forbids",
    "stopping",
]


class Refusal(Exception):
    """A request that is not let through. `message` is for the person and the script; it carries names and counts, never values."""

    def __init__(self, code: Code, message: str, operation: str = "") -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.operation = operation

    @property
    def status(self) -> int:
        """400 for a malformed request, 403 for everything that policy forbids."""
        return 400 if self.code == "bad_request" else 403

    def body(self) -> dict[str, str]:
        """The JSON answer."""
        return {"code": self.code, "message": self.message, "operation": self.operation}
