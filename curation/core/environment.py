"""Reading settings from the environment, with errors that say what to set."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def flag(name: str, *, default: bool) -> bool:
    """Read a yes/no variable; anything else than a plain yes or no is an error."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in YES:
        return True
    if value.lower() in NO:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, *, default: int, most: int | None = None) -> int:
    """Read a whole number above zero, and of `most` at most."""
    value = os.environ.get(name) or str(default)
    if not value.isdecimal() or int(value) == 0:
        raise ImproperlyConfigured(f"{name} must be a whole number above 0, not {value!r}.")
    if most is not None and int(value) > most:
        raise ImproperlyConfigured(f"{name} must be {most} at most, not {value}.")
    return int(value)


def one_of(name: str, default: str, *others: str) -> str:
    """Read a variable that is one of these words."""
    value = os.environ.get(name, "").strip() or default
    if value in {default, *others}:
        return value
    raise ImproperlyConfigured(f"{name} must be one of {', '.join(others)}, or unset, not {value!r}.")


def names(name: str) -> list[str]:
    """Read a comma-separated list; empty when unset."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def address(name: str) -> str:
    """Read the address of a server, such as `https://s3.example.org`; empty when unset. No error repeats it."""
    value = os.environ.get(name, "").strip().rstrip("/")
    if value and not is_address(value):
        raise ImproperlyConfigured(f"{name} must be an address such as https://s3.example.org, without keys in it.")
    return value


def is_address(value: str) -> bool:
    """Whether this is the address of a server over HTTP, without keys in it."""
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def required(name: str) -> str:
    """Read a variable that has no safe default."""
    if value := os.environ.get(name):
        return value
    raise ImproperlyConfigured(
        f"Set {name}: a server for a team has no safe default for it. For a trial on this computer unset ALLOWED_HOSTS."
    )


def local_secret(home: Path) -> str:
    """Return the secret key of a local trial, made on first use and kept in a 0600 file."""
    path = home / "secret-key"
    try:
        return path.read_text()
    except FileNotFoundError:
        home.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(50))
    try:
        # A link fails when another process was first; its secret then stands.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
