"""The demonstration's people and their password."""

import os
import secrets

from curation.accounts.models import Role, User
from curation.core.services import home

PEOPLE = [
    ("admin", "Ada (admin)", Role.ADMIN),
    ("curator", "Cleo (curator)", Role.CURATOR),
    ("annie", "Annie", Role.ANNOTATOR),
    ("ben", "Ben", Role.ANNOTATOR),
    ("imani", "Imani", Role.ANNOTATOR),
    ("rosa", "Rosa (researcher)", Role.RESEARCHER),
]


def demo_password() -> str:
    """Return the demo sign-ins' password: `EXEMPLA_DEMO_PASSWORD`, or one made once and kept in a 0600 file."""
    path = home() / "demo-password"
    if chosen := os.environ.get("EXEMPLA_DEMO_PASSWORD"):
        password = chosen
    elif path.exists():
        return path.read_text().strip()
    else:
        password = "-".join(secrets.token_hex(2) for _ in range(3))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(password)
    return password


def people() -> dict[str, User]:
    """Return the demo people by name, making those that are missing and setting everyone's password."""
    password = demo_password()
    found = {}
    for username, display_name, role in PEOPLE:
        staff = role == Role.ADMIN
        user, _ = User.objects.get_or_create(
            username=username,
            defaults={"display_name": display_name, "role": role, "is_staff": staff, "is_superuser": staff},
        )
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        found[username] = user
    return found
