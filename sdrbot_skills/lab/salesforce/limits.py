"""Daily request allowance, its header, and what GET limits and limits/recordCount answer."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.limits import Window
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.service import Service

DAILY_REQUESTS = 15_000
DATA_STORAGE_MB = 1024
URL_BYTES = 16_384
_FIXED = {
    "ConcurrentAsyncGetReportInstances": 200, "DailyAsyncApexExecutions": 250_000, "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562, "DailyBulkV2QueryJobs": 10_000, "FileStorageMB": 1024,
    "HourlyTimeBasedWorkflow": 1000, "MassEmail": 5000, "SingleEmail": 5000,
}  # fmt: skip


@dataclass
class Limits:
    """`metered` orgs refuse when the day's requests are used up; others only count.

    POST /__lab__/daily {"requests": 300} gives the org another allowance, from a full one; 0 takes the limit away.
    """

    service: Service
    metered: bool
    window: Window = field(init=False)

    def __post_init__(self) -> None:
        self.window = Window(self.service.app.store.clock, DAILY_REQUESTS if self.metered else 0, 86_400.0)

    def add_routes(self) -> None:
        self.service.route("GET", "/limits", self.show)
        self.service.route("GET", "/limits/recordCount", self.record_count)
        self.service.app.controls["daily"] = self._control

    def guard(self, request: Request) -> None:
        """Raises Answer 403 REQUEST_LIMIT_EXCEEDED, or 414 for a URL of more than 16 KB."""
        if not request.path.startswith("/services/data/"):
            return
        if len(request.path) + len(urlencode(request.query, doseq=True)) > URL_BYTES:
            raise Refusal("URI_TOO_LONG", "The length of the URI exceeds the 16,384 byte limit.").answer()
        if not self.window.take():
            raise exceeded().answer()

    def finish(self, request: Request, response: Response) -> None:
        if request.path.startswith("/services/data/"):
            response.headers["Sforce-Limit-Info"] = f"api-usage={self.window.used}/{self.most}"

    @property
    def most(self) -> int:
        """What the org is told it has a day."""
        return self.window.limit or DAILY_REQUESTS

    def _control(self, request: Request) -> Response:
        self.window = Window(self.service.app.store.clock, int(request.json()["requests"]), 86_400.0)
        return Response(204)

    def show(self, request: Request) -> Response:
        store = self.service.app.store
        names = [sobject.name for sobject in self.service.org.objects()]
        used_mb = sum(store.total(name) for name in names) * 2 // 1024
        shown = {name: {"Max": most, "Remaining": most} for name, most in _FIXED.items()}
        remaining = max(0, self.most - self.window.used)
        shown["DailyApiRequests"] = {"Max": self.most, "Remaining": remaining}
        shown["DataStorageMB"] = {"Max": DATA_STORAGE_MB, "Remaining": max(0, DATA_STORAGE_MB - used_mb)}
        return reply(200, dict(sorted(shown.items())))

    def record_count(self, request: Request) -> Response:
        """Counts of the whole org, sharing or not."""
        asked = [name for name in request.first("sObjects").split(",") if name]
        org = self.service.org
        found = [s for name in asked if (s := org.sobject(name))] if asked else org.objects()
        counts = [{"count": org.store.total(s.name), "name": s.name} for s in found]
        return reply(200, {"sObjects": counts})


def exceeded(message: str = "TotalRequests Limit exceeded.") -> Refusal:
    return Refusal("REQUEST_LIMIT_EXCEEDED", message)
