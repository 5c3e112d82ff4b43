"""Where PostgreSQL and Redis are: served ones when configured, embedded ones otherwise."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import dj_database_url

from curation.core import embedded

ROOT = Path(__file__).resolve().parents[2]
NEEDS_NOTHING = {"help", "--help", "-h", "version", "--version", "compilemessages", "makemessages", "serve"}


@dataclass(frozen=True)
class Addresses:
    """Connection settings for Django (`database`) and for Redis clients (`redis`) and Celery (`broker`).

    `owner` is what differs for the owner of the tables, who migrates; empty where `database` migrates too.
    """

    database: dict[str, object]
    owner: dict[str, object]
    redis: str
    broker: str


def home() -> Path:
    """The state directory: `EXEMPLA_HOME`, by default `var` in the project."""
    return Path(os.environ.get("EXEMPLA_HOME") or ROOT / "var").resolve()


def close_to_others(place: Path) -> None:
    """Make the home, and all that this process creates from now on, unreadable for the machine's other users.

    Where root starts the embedded servers, their own account has to pass through the home to its folder, so there the
    home may be entered but not listed, and each folder in it is closed.
    """
    os.umask(0o077)
    place.mkdir(parents=True, exist_ok=True)
    passed_through = os.geteuid() == 0 and bool(wanted())
    # A folder that is a home itself closes itself.
    folders = [
        folder
        for folder in place.iterdir()
        if folder.is_dir() and folder.name != "embedded" and not (folder / "embedded").exists()
    ]
    for folder, mode in [(place, 0o711 if passed_through else 0o700), *((folder, 0o700) for folder in folders)]:
        # One that another process has just removed needs no closing.
        with suppress(FileNotFoundError):
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(mode)


def wanted() -> set[str]:
    """Which services have to be embedded, because no address is configured for them."""
    configured = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
    return {name for name, variable in configured.items() if not os.environ.get(variable)}


def addresses() -> Addresses:
    """Work out where the services are, starting nothing."""
    redis_url, own = os.environ.get("REDIS_URL"), embedded.Home(home()) if wanted() else None
    redis, broker = spellings(redis_url or "") if redis_url or own is None else (own.redis_url, own.broker_url)
    database_url, owner_url = os.environ.get("DATABASE_URL", ""), os.environ.get("DATABASE_OWNER_URL")
    if own is not None and not database_url:
        database_url, owner_url = own.runtime_url, own.owner_url
    owner = dj_database_url.parse(owner_url) if owner_url else {}
    named: dict[str, object] = {name: value for name, value in owner.items() if name in ("USER", "PASSWORD")}
    return Addresses(dict(dj_database_url.parse(database_url)), named, redis, broker)


def spellings(url: str) -> tuple[str, str]:
    """The address of a Redis for its clients, and for Celery, which spells a Unix socket in a way of its own."""
    scheme, _, rest = url.partition("://")
    if scheme == "redis+socket":
        return f"unix://{rest.replace('virtual_host=', 'db=')}", url
    if scheme == "unix":
        return url, f"redis+socket://{rest.replace('db=', 'virtual_host=')}"
    return url, url


def start() -> None:
    """Bring up the embedded services that are needed and not up, and hold them until this process ends."""
    if needed := wanted():
        embedded.use(home(), needed)


def start_for_command(argv: list[str]) -> None:
    """Start the services for a `manage.py` call, unless it only prints help; `serve` looks at its port first."""
    if len(argv) > 1 and not NEEDS_NOTHING.intersection(argv[1:]):
        start()
