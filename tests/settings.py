"""The project's settings on a state directory of the tests' own, so that nobody's workspace is touched.

All parallel runs of one checkout share its embedded services; each has databases and a cache of its own.
"""

import os
import time
from pathlib import Path

os.environ.setdefault("EXEMPLA_HOME", str(Path(__file__).resolve().parents[1] / "var" / "test"))
os.environ.setdefault("EXEMPLA_EMBEDDED_FAST", "1")

from curation.core.services import start
from curation.settings import *  # noqa: F403

start()

# One run's answers are none of another's, before it or beside it, whose rows have the same keys. What a run starts is
# part of it.
run = os.environ.setdefault("EXEMPLA_TEST_RUN", str(time.time_ns()))
CACHES["default"]["KEY_PREFIX"] += run + os.environ.get("PYTEST_XDIST_WORKER", "")  # noqa: F405

# Pages find their static files without a collectstatic, and sign-ins do not wait for a slow hash.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# The database is made by the owner of its tables; `tests.database` then has the tests run as the application does.
RUNTIME = {name: DATABASES["default"][name] for name in ("USER", "PASSWORD")}  # noqa: F405
DATABASES["default"].update(DATABASE_OWNER)  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# All tests call from one address, and their calls are counted in one cache.
API_STRANGERS_CALLS_A_MINUTE = 10**9
REPORTS_AN_HOUR = STRANGERS_REPORTS_AN_HOUR = 10**7
