"""API credits over a rolling day, and calls at once (vendor page "API Limits"). Counted always, enforced with the vendor's limits."""

from collections import deque

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.zohocrm.errors import refusal

DAY = 86_400.0
ENTERPRISE = 50_000 + 10 * 1000
HEADER = "X-API-CREDITS-REMAINING"


class Credits:
    def __init__(self, app: App) -> None:
        self.app = app
        self.total = ENTERPRISE
        self.used = 0.0
        self._spent: deque[tuple[float, float]] = deque()

    def guard(self, request: Request) -> None:
        """429 TOO_MANY_REQUESTS without Retry-After where nothing is left."""
        if request.path.startswith("/oauth/"):
            return
        now = self.app.store.clock.now()
        while self._spent and self._spent[0][0] <= now - DAY:
            self.used -= self._spent.popleft()[1]
        if self.app.options.metered and self.used >= self.total:
            raise refusal("TOO_MANY_REQUESTS")

    def finish(self, request: Request, response: Response) -> None:
        """What the call cost; what is left is told only from the half on."""
        if request.path.startswith("/oauth/"):
            return
        cost = _cost(request)
        self._spent.append((self.app.store.clock.now(), cost))
        self.used += cost
        with self.app.store.transaction():
            self.app.store.count("credits", int(cost))
        if self.used * 2 >= self.total:
            response.headers[HEADER] = str(max(0, int(self.total - self.used)))

    def set(self, used: float) -> None:
        """For tests: as if so many had been used just now."""
        self._spent = deque([(self.app.store.clock.now(), used)])
        self.used = used


def _cost(request: Request) -> float:
    rows = int(request.context.get("rows", 0))
    if request.path.endswith("/coql"):
        return 1 if rows <= 200 else 2 if rows <= 1000 else 3
    if request.method == "POST" and request.path.endswith("/read"):
        return 50
    if request.method == "POST" and request.path.endswith("/write"):
        return 500
    if request.path.endswith("/deleted"):
        return 2
    if request.method in ("POST", "PUT") and rows:
        return max(1, -(-rows // 10))
    return 500 if request.method == "POST" and request.path.endswith("/settings/modules") else 1
