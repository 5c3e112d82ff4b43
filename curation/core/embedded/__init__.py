"""PostgreSQL and Redis out of wheels, for a home that was given neither.

`address` says where the services of a home are; `use` makes sure that they run, until this process ends.
"""

import sys
from typing import NoReturn

from curation.core.embedded.errors import (
    DiskFull,
    EmbeddedServiceError,
    HomeUnusable,
    NoBinary,
    NotReadyInTime,
    ServerFailed,
)

if sys.platform == "win32":

    def address(*_arguments: object, **_options: object) -> NoReturn:
        """There are no wheels for Windows, nor the locks that all this rests on."""
        raise NoBinary("There are no embedded services on Windows.", "Set DATABASE_URL and REDIS_URL.")

    use = registrations = release = create_runtime_role = address
else:
    from curation.core.embedded.runtime_role import create_runtime_role
    from curation.core.embedded.services import Services, address
    from curation.core.embedded.usage import registrations, release, use

__all__ = [
    "DiskFull",
    "EmbeddedServiceError",
    "HomeUnusable",
    "NoBinary",
    "NotReadyInTime",
    "ServerFailed",
    "Services",
    "address",
    "create_runtime_role",
    "registrations",
    "release",
    "use",
]
