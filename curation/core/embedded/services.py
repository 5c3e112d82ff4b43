"""The address of a home's services, in the spellings that their clients want."""

import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from curation.core.embedded.files import disk_errors_explained, leave_to_owner_of, prepare_state
from curation.core.embedded.paths import POSTGRES_PORT, ServicePaths

DATABASE = "exempla"
USER = "exempla"
RUNTIME_USER = "exempla_runtime"


@dataclass(frozen=True)
class Services:
    """Where PostgreSQL and Redis of one home listen."""

    home: Path
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    dbname: str
    redis_socket: str

    @property
    def runtime_user(self) -> str:
        """The role that the application connects as; it owns nothing."""
        return RUNTIME_USER

    @property
    def runtime_password(self) -> str:
        """Made from the owner's password, which cannot be made from it."""
        return hmac.digest(self.password.encode(), RUNTIME_USER.encode(), "sha256").hex()

    @property
    def database_url(self) -> str:
        """The owner's address, for DATABASE_URL, libpq and psycopg."""
        return f"postgresql://{self.user}:{self.password}@{quote(self.host, safe='')}:{self.port}/{self.dbname}"

    @property
    def redis_url(self) -> str:
        """For redis-py."""
        return f"unix://{quote(self.redis_socket)}"

    @property
    def broker_url(self) -> str:
        """For Celery."""
        return f"redis+socket://{quote(self.redis_socket)}"


def paths_of(home: Path) -> ServicePaths:
    """The paths of a home, whose state directory is created when missing.

    Links are resolved, so that two ways to one folder lead to the same sockets.
    """
    with disk_errors_explained(home):
        real = home.expanduser().resolve()
    return ServicePaths(home=real, owner=prepare_state(real))


def address(home: Path) -> Services:
    """Where the services of this home are, or will be; starts nothing."""
    paths = paths_of(home)
    with disk_errors_explained(paths.home):
        password = _password(paths)
    return Services(
        home=paths.home,
        host=str(paths.sockets),
        port=POSTGRES_PORT,
        user=USER,
        password=password,
        dbname=DATABASE,
        redis_socket=str(paths.redis_socket),
    )


def _password(paths: ServicePaths) -> str:
    """The stored password, or a new one: the first of several newcomers chooses for all."""
    with suppress(FileNotFoundError):
        return paths.password.read_text(encoding="ascii")
    with tempfile.NamedTemporaryFile("w", dir=paths.state, prefix="password.", encoding="ascii") as draft:
        # Only letters that need no quoting in a URL.
        draft.write(secrets.token_hex(24))
        draft.flush()
        os.fsync(draft.fileno())
        leave_to_owner_of(paths.state, Path(draft.name))
        with suppress(FileExistsError):
            os.link(draft.name, paths.password)
    return paths.password.read_text(encoding="ascii")
