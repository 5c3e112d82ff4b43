"""What is posted, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from curation.core.encryption import Secret


@dataclass(frozen=True)
class Parcel:
    """What is posted, where to, and the secrets that sign it."""

    url: str
    message: str
    body: str
    secrets: Sequence[Secret]


@dataclass
class AttemptResult:
    """What an attempt came to. `status` is None where nothing was answered; `error` is empty where it was taken."""

    status: int | None = None
    error: str = ""
    answer: str = ""
    seconds: float = 0.0
    asked_wait: int = 0

    @property
    def taken(self) -> bool:
        """Whether the receiver has taken it."""
        return self.status is not None and not self.error and 200 <= self.status < 300
