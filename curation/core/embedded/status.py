"""What the supervisor tells the users of its servers, through one small file."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass

from curation.core.embedded.files import write_privately
from curation.core.embedded.paths import ServicePaths


@dataclass(frozen=True)
class Report:
    """How one server does: ready or not, how often in a row it failed, and why (`kind` names the error's class)."""

    ready: bool = False
    pid: int = 0
    failures: int = 0
    kind: str = ""
    reason: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        if self.pid:
            return f"{'ready' if self.ready else 'starting'} as process {self.pid}"
        return f"failed, {self.failures} in a row: {self.reason} {self.remedy}" if self.failures else "stopped"


def publish(paths: ServicePaths, reports: dict[str, Report]) -> None:
    """Say how the servers do. A full disk must not bring down a supervisor whose servers still run."""
    with suppress(OSError):
        write_privately(paths.status, json.dumps({name: asdict(report) for name, report in reports.items()}))


def read(paths: ServicePaths) -> dict[str, Report]:
    """What the supervisor said last; nothing when it has not spoken yet."""
    try:
        found = json.loads(paths.status.read_text(encoding="utf-8"))
        return {name: Report(**values) for name, values in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
