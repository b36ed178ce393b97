"""Sending what an undo decided, in rounds: restoring and deleting may be repeated, so what is not answered is sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.errors import BatchRejected, OutcomeUnknown
from sdrbot_skills.model.records import Outcome, Row, RowResult

_ROUNDS = 4
Send = Callable[[Sequence[Row]], list[RowResult]]


def in_rounds(patience: Patience, rows: Sequence[Row], send: Send) -> Iterator[RowResult]:
    """The result of every row."""
    waiting = list(rows)
    for round_number in range(_ROUNDS):
        if not waiting:
            return
        if round_number:
            patience.pause(round_number)
        results = {one.key: one for one in _attempt(patience, waiting, send)}
        settled = [one for one in results.values() if not (one.retriable or one.rule == "unanswered")]
        yield from settled
        keys = {one.key for one in settled}
        waiting = [row for row in waiting if row.key not in keys]
    yield from (
        RowResult(row.key, Outcome.REJECTED, None, "put_off", None, "The CRM did not answer.") for row in waiting
    )


def _attempt(patience: Patience, rows: Sequence[Row], send: Send) -> list[RowResult]:
    """What was answered; a batch that is refused as a whole is halved until the row that is to blame stands alone."""
    try:
        return patience.call(lambda: send(rows))
    except OutcomeUnknown:
        return []
    except BatchRejected as rejected:
        if len(rows) == 1:
            return [RowResult(rows[0].key, Outcome.REJECTED, None, rejected.rule, None, str(rejected))]
        middle = len(rows) // 2
        return _attempt(patience, rows[:middle], send) + _attempt(patience, rows[middle:], send)
