"""One home: where its files are, and the addresses of its services in the spellings that their clients want."""

import hashlib
import hmac
import math
import os
import secrets
from pathlib import Path
from urllib.parse import quote

from curation.core.embedded.files import disk_errors_explained, prepare_state
from curation.core.embedded.locks import open_lock, take

POSTGRES = "postgres"
REDIS = "redis"
SERVICES = frozenset({POSTGRES, REDIS})

DATABASE = "exempla"
USER = "exempla"
RUNTIME_USER = "exempla_runtime"
POSTGRES_PORT = 5432
# The name is PostgreSQL's own choice.
_POSTGRES_SOCKET = f".s.PGSQL.{POSTGRES_PORT}"
# The kernel's limit for a socket's path is 104 bytes on macOS and 108 on Linux, its final NUL included.
_LONGEST_SOCKET_PATH = 100
# Not tempfile.gettempdir(): TMPDIR differs between a desktop session and a cron job of one and the same person,
# and both must find the same sockets.
_SHORT_ROOT = Path("/tmp")  # noqa: S108 - see above  # nosec


class Home:
    """The files and addresses of one home's services. Its state directory is created when missing; nothing is started.

    `owner` is the uid that the state directory belongs to. Links are resolved, so that two ways to one folder lead to
    the same sockets.
    """

    def __init__(self, place: Path) -> None:
        with disk_errors_explained(place):
            self.path = place.expanduser().resolve()
            # All that the services keep; the rest of the home is not theirs to touch.
            self.state = self.path / "embedded"
            self.owner = prepare_state(self.path)
            self.password = _password(self.state / "password")
        # What the supervisor last said about each service.
        self.status = self.state / "status.json"
        # Held while a supervisor is being started, by the process that starts it and by the one that is to be it.
        self.starter_lock = self.state / "starter.lock"
        # Held by the one supervisor of this home, once it has cleared away what its predecessor said.
        self.supervisor_lock = self.state / "supervisor.lock"
        # There from when a user asks not to wait for another one, until the supervisor has seen to it.
        self.stop_at_once = self.state / "stop-at-once"
        self.sockets = sockets_of(self.state, self.owner)
        self.postgres_socket = self.sockets / _POSTGRES_SOCKET
        self.redis_socket = self.sockets / "redis.sock"
        # What a server, started where its data are, calls the sockets' directory: it may not go through the home.
        self.sockets_from_data = "../run" if self.sockets.parent == self.state else str(self.sockets)
        # Made from the owner's password, which cannot be made from it.
        self.runtime_password = hmac.digest(self.password.encode(), RUNTIME_USER.encode(), "sha256").hex()
        # For libpq and psycopg, as the owner of the tables and as the role that the application connects as.
        database = f"{quote(str(self.sockets), safe='')}:{POSTGRES_PORT}/{DATABASE}"
        self.owner_url = f"postgresql://{USER}:{self.password}@{database}"
        self.runtime_url = f"postgresql://{RUNTIME_USER}:{self.runtime_password}@{database}"
        # For redis-py, and for Celery.
        self.redis_url = f"unix://{quote(str(self.redis_socket))}"
        self.broker_url = f"redis+socket://{quote(str(self.redis_socket))}"

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
        return self.path / "logs" / f"{name}.log"


def sockets_of(state: Path, owner: int) -> Path:
    """Inside the state directory; where that path would be too long, a private directory nearer the root."""
    inside = state / "run"
    longest = os.fsencode(inside / _POSTGRES_SOCKET)
    # libpq takes a comma for the border between two hosts.
    if len(longest) <= _LONGEST_SOCKET_PATH and b"," not in longest:
        return inside
    digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    return _SHORT_ROOT / f"exempla-{owner}-{digest}"


def _password(path: Path) -> str:
    """The stored password of the database's owner; the first of several processes makes one for all."""
    with os.fdopen(open_lock(path), "r+", encoding="ascii") as file:
        take(file.fileno(), seconds=math.inf)
        if not (stored := file.read()):
            # Only letters that need no quoting in a URL.
            stored = secrets.token_hex(24)
            file.write(stored)
            file.flush()
            os.fsync(file.fileno())
    return stored
