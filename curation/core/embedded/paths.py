"""Where everything of one home lies; nothing here touches the disk."""

import hashlib
import os
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


class ServicePaths:
    """The files of one home's services. `owner` is the uid that the state directory belongs to."""

    def __init__(self, home: Path, owner: int) -> None:
        self.home = home
        self.owner = owner
        # All that the services keep; the rest of the home is not theirs to touch.
        self.state = home / "embedded"
        # The random password of the database's owner.
        self.password = self.state / "password"
        # What the supervisor last said about each service.
        self.status = self.state / "status.json"
        # Held while a supervisor is being started, by the process that starts it and by the one that is to be it.
        self.starter_lock = self.state / "starter.lock"
        # Held by the one supervisor of this home, once it has cleared away what its predecessor said.
        self.supervisor_lock = self.state / "supervisor.lock"
        # There from when a user asks not to wait for another one, until the supervisor has seen to it.
        self.stop_at_once = self.state / "stop-at-once"
        self.sockets = _sockets(self.state, owner)
        self.postgres_socket = self.sockets / _POSTGRES_SOCKET
        self.redis_socket = self.sockets / "redis.sock"
        # What a server, started where its data are, calls the sockets' directory: it may not go through the home.
        self.sockets_from_data = "../run" if self.sockets.parent == self.state else str(self.sockets)

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


def _sockets(state: Path, owner: int) -> Path:
    """Inside the state directory; where that path would be too long, a private directory nearer the root."""
    inside = state / "run"
    longest = os.fsencode(inside / _POSTGRES_SOCKET)
    # libpq takes a comma for the border between two hosts.
    if len(longest) <= _LONGEST_SOCKET_PATH and b"," not in longest:
        return inside
    digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    return _SHORT_ROOT / f"exempla-{owner}-{digest}"
