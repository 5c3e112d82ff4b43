"""Where everything of one home lies; nothing here touches the disk."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

POSTGRES = "postgres"
REDIS = "redis"
SERVICES = frozenset({POSTGRES, REDIS})

POSTGRES_PORT = 5432
# The name is PostgreSQL's own choice.
_POSTGRES_SOCKET = f".s.PGSQL.{POSTGRES_PORT}"
# The kernel's limit for a socket's path is 104 bytes on macOS and 108 on Linux, its final NUL included.
_LONGEST_SOCKET_PATH = 100
# Not tempfile.gettempdir(): TMPDIR differs between a desktop session and a cron job of one and the same person,
# and both must find the same sockets.
_SHORT_ROOT = Path("/tmp")  # noqa: S108 - see above  # nosec


@dataclass(frozen=True)
class ServicePaths:
    """The files of one home's services. `owner` is the uid that the state directory belongs to."""

    home: Path
    owner: int

    @property
    def state(self) -> Path:
        """All that the services keep; the rest of the home is not theirs to touch."""
        return self.home / "embedded"

    @property
    def sockets(self) -> Path:
        """Inside the state directory; where that path would be too long, a private directory nearer the root."""
        inside = self.state / "run"
        longest = os.fsencode(inside / _POSTGRES_SOCKET)
        # libpq takes a comma for the border between two hosts.
        if len(longest) <= _LONGEST_SOCKET_PATH and b"," not in longest:
            return inside
        digest = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:16]
        return _SHORT_ROOT / f"exempla-{self.owner}-{digest}"

    @property
    def sockets_from_data(self) -> str:
        """What a server calls the sockets' directory, started where its data are: it may not go through the home."""
        return "../run" if self.sockets.parent == self.state else str(self.sockets)

    @property
    def postgres_socket(self) -> Path:
        """The socket that clients of PostgreSQL connect to."""
        return self.sockets / _POSTGRES_SOCKET

    @property
    def redis_socket(self) -> Path:
        """The socket that clients of Redis connect to."""
        return self.sockets / "redis.sock"

    @property
    def password(self) -> Path:
        """The random password of the database's owner."""
        return self.state / "password"

    @property
    def status(self) -> Path:
        """What the supervisor last said about each service."""
        return self.state / "status.json"

    @property
    def starter_lock(self) -> Path:
        """Held while a supervisor is being started, by the process that starts it and by the one that is to be it."""
        return self.state / "starter.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the one supervisor of this home, once it has cleared away what its predecessor said."""
        return self.state / "supervisor.lock"

    @property
    def stop_at_once(self) -> Path:
        """There from when a user asks not to wait for another one, until the supervisor has seen to it."""
        return self.state / "stop-at-once"

    def users_lock(self, service: str) -> Path:
        """Shared by every process that uses the service."""
        return self.state / f"{service}.users"

    def server_lock(self, service: str) -> Path:
        """Inherited by the server and its children, so that it is free only when the last of them is gone."""
        return self.state / f"{service}.lock"

    def data(self, service: str) -> Path:
        """The server's own files."""
        return self.state / service

    def log(self, name: str) -> Path:
        """What a server, or the supervisor, has to say."""
        return self.home / "logs" / f"{name}.log"
