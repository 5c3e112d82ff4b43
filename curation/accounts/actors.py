"""Who acts: a person, or the application itself."""

from typing import Final

from curation.accounts.models import Role, User


class System:
    """The application itself: a command, a worker, an installation. It may do what an admin may.

    What it does is recorded without a person, so its key is None.
    """

    pk: Final = None
    role: Final = Role.ADMIN
    is_active: Final = True
    is_curator: Final = True

    def __repr__(self) -> str:
        return "SYSTEM"


SYSTEM: Final = System()
Actor = User | System
