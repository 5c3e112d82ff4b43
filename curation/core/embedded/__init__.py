"""PostgreSQL and Redis out of wheels, for a home that was given neither.

`Home` says where the services of a home are; `use` makes sure that they run, until this process ends.
"""

import sys
from typing import NoReturn

from curation.core.embedded.errors import EmbeddedServiceError

if sys.platform == "win32":

    def use(*_arguments: object, **_options: object) -> NoReturn:
        """There are no wheels for Windows, nor the locks that all this rests on."""
        raise EmbeddedServiceError("There are no embedded services on Windows.", "Set DATABASE_URL and REDIS_URL.")

    Home = registrations = release = use
else:
    from curation.core.embedded.home import Home
    from curation.core.embedded.usage import registrations, release, use

__all__ = ["EmbeddedServiceError", "Home", "registrations", "release", "use"]
