"""The address of a home's services, in the spellings that their clients want."""

import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from curation.core.embedded.errors import HomeUnusable
from curation.core.embedded.files import disk_errors_explained, leave_to_owner_of, new_password, prepare_state
from curation.core.embedded.locks import open_lock, take
from curation.core.embedded.places import POSTGRES_PORT, Places

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


def places_of(home: Path) -> Places:
    """The places of a home, whose state directory is created when missing.

    Links are resolved, so that two ways to one folder lead to the same sockets.
    """
    with disk_errors_explained(home):
        real = home.expanduser().resolve()
    return Places(home=real, owner=prepare_state(real))


def address(home: Path) -> Services:
    """Where the services of this home are, or will be; starts nothing."""
    places = places_of(home)
    return Services(
        home=places.home,
        host=str(places.sockets),
        port=POSTGRES_PORT,
        user=USER,
        password=_password(places),
        dbname=DATABASE,
        redis_socket=str(places.redis_socket),
    )


def _password(places: Places) -> str:
    """The stored password, or a new one: the lock lets the first of several newcomers choose for all."""
    with disk_errors_explained(places.home):
        descriptor = open_lock(places.password)
        with os.fdopen(descriptor, "r+", encoding="ascii") as file:
            if not take(descriptor, seconds=10):
                raise HomeUnusable(f"{places.password} stays locked by another process.", "End that process and retry.")
            password = file.read()
            if not password:
                password = new_password()
                file.write(password)
                file.flush()
                os.fsync(descriptor)
                leave_to_owner_of(places.state, places.password)
            return password
