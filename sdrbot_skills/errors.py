"""Everything that can go wrong, grouped by what the caller should do about it.

    MigrationError
    ├── Retriable                  wait, then send the same again; it was certainly not carried out, or carrying it out twice is harmless
    │   └── RateLimited            ... after `retry_after` seconds
    ├── OutcomeUnknown             it was sent and no answer came: ask the target what happened before sending again
    ├── ReauthenticateNeeded       a person must connect the account again
    ├── RowRejected                this record cannot be carried as it is; its neighbours can
    ├── BatchRejected              the whole batch was refused because of one row; split it to find the row
    ├── Refused                    policy says no: a write in a dry run, an unplanned object, an overspent budget, a missing approval
    ├── Paused                     nothing is wrong, but the run waits: a spent daily budget, a person's answer
    ├── SchemaDrift                a CRM changed under an approved plan
    ├── Unsupported                this CRM cannot do that at all
    └── ConfigurationError         the person can mend it: a setting, a file, a host that does not answer
        └── PlanInvalid            the plan names things that are not there, or leaves out things that must be

Every message is written for the person who gets it: which thing, what was received, what was expected, what happens next. Messages
carry names and identifiers, never credentials.
"""

from __future__ import annotations

__all__ = [
    "BatchRejected",
    "ConfigurationError",
    "MigrationError",
    "OutcomeUnknown",
    "Paused",
    "PlanInvalid",
    "RateLimited",
    "ReauthenticateNeeded",
    "Refused",
    "Retriable",
    "RowRejected",
    "SchemaDrift",
    "Unsupported",
]


class MigrationError(Exception):
    """The base of every error this product raises on purpose; `exit_code` is what a command ends with."""

    exit_code = 1


class Retriable(MigrationError):
    """Send the same again after a pause: it was not carried out, or doing it twice is harmless."""


class RateLimited(Retriable):
    """The vendor asks for a pause of `retry_after` seconds; `daily` when the day's allowance is spent."""

    exit_code = 5

    def __init__(self, message: str, retry_after: float, *, daily: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.daily = daily


class OutcomeUnknown(MigrationError):
    """A write was sent and its answer never came (time-out, reset, 5xx after sending)."""


class ReauthenticateNeeded(MigrationError):
    """The credential of `connection` no longer works; a person has to connect it again."""

    exit_code = 5

    def __init__(self, message: str, connection: str) -> None:
        super().__init__(message)
        self.connection = connection


class RowRejected(MigrationError):
    """One record cannot be carried: `rule` names why in our own terms, `field` the target field if one is to blame."""

    def __init__(self, message: str, *, rule: str, field: str | None = None, vendor_code: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.field = field
        self.vendor_code = vendor_code


class BatchRejected(MigrationError):
    """Nothing of the batch was carried out, and the vendor does not say which row is to blame."""

    def __init__(self, message: str, *, rule: str = "batch_rejected", vendor_code: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.vendor_code = vendor_code


class Refused(MigrationError):
    """Policy or approval says no; `code` is the machine-readable reason."""

    exit_code = 3

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Paused(MigrationError):
    """The run stopped in good order and goes on later; `until` is the epoch second at which it can, where that is known."""

    exit_code = 5

    def __init__(self, message: str, *, until: float | None = None) -> None:
        super().__init__(message)
        self.until = until


class SchemaDrift(MigrationError):
    """A field, option or object that the approved plan uses is no longer what it was."""

    exit_code = 3


class Unsupported(MigrationError):
    """`what` cannot be done on this CRM, because of `why`."""

    exit_code = 2

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why


class ConfigurationError(MigrationError):
    """Something the person can set right."""

    exit_code = 2


class PlanInvalid(ConfigurationError):
    """The plan cannot be run; `problems` lists each place and what is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The plan cannot be run:\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems
