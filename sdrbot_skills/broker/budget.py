"""How many distinct rows were written so far, held against what was approved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.spec import Budget

SENDS_PER_ROW = 4
_SAVES = ("create", "update", "upsert")


class BudgetKeeper:
    """Counts of (object, operation). A row sent again is free; all sends together are capped at four times the budget.

    The counts are only changed by `spend`, which the ledger calls inside the transaction that records the rows.
    """

    def __init__(
        self, budgets: Mapping[str, Budget], rows: Mapping[tuple[str, str], int], sends: Mapping[tuple[str, str], int]
    ) -> None:
        self._budgets = budgets
        self._rows: Counter[tuple[str, str]] = Counter(rows)
        self._sends: Counter[tuple[str, str]] = Counter(sends)

    def refuse_overspending(self, name: str, operation: str, fresh: int, sent: int) -> None:
        """Raise `Refusal` if `fresh` new rows out of `sent` rows would be too many."""
        budget = self._budgets.get(name, Budget())
        allowed, used, sends = self._figures(budget, name, operation)
        if used + fresh > allowed:
            raise Refusal(
                "budget_exceeded",
                f"{operation} {name}: {allowed} rows were approved, {used} are used, and this call brings {fresh} more.",
                operation,
            )
        if sends + sent > SENDS_PER_ROW * allowed:
            raise Refusal(
                "send_limit_exceeded",
                f"{operation} {name}: rows were sent {sends} times for {allowed} approved rows; something repeats itself.",
                operation,
            )
        self._refuse_own_share(budget, name, operation, fresh)

    def spend(self, name: str, operation: str, fresh: int, sent: int) -> None:
        """Count rows that are about to be sent."""
        self._rows[name, operation] += fresh
        self._sends[name, operation] += sent

    def give_back_sends(self, name: str, operation: str, sent: int) -> None:
        """A call that the vendor's rate limit turned away was not a send."""
        self._sends[name, operation] -= sent

    def used(self) -> dict[str, dict[str, int]]:
        """Distinct rows per object and operation."""
        table: dict[str, dict[str, int]] = {}
        for (name, operation), count in sorted(self._rows.items()):
            table.setdefault(name, {})[operation] = count
        return table

    def _figures(self, budget: Budget, name: str, operation: str) -> tuple[int, int, int]:
        if operation in _SAVES:
            allowed = budget.create + budget.update
            return (
                allowed,
                sum(self._rows[name, each] for each in _SAVES),
                sum(self._sends[name, each] for each in _SAVES),
            )
        allowed = getattr(budget, operation, 0)
        return allowed, self._rows[name, operation], self._sends[name, operation]

    def _refuse_own_share(self, budget: Budget, name: str, operation: str, fresh: int) -> None:
        if operation not in ("create", "update"):
            return
        allowed, used = getattr(budget, operation), self._rows[name, operation]
        if used + fresh > allowed:
            raise Refusal(
                "budget_exceeded",
                f"{operation} {name}: {allowed} rows were approved, {used} are used, and this call brings {fresh} more.",
                operation,
            )
