"""The project's settings on a state directory of the tests' own, so that nobody's workspace is touched.

All parallel runs of one checkout share its embedded services; each has databases of its own.
"""

import os
from pathlib import Path

os.environ.setdefault("EXEMPLA_HOME", str(Path(__file__).resolve().parents[1] / "var" / "test"))
os.environ.setdefault("EXEMPLA_EMBEDDED_FAST", "1")

from curation.core.services import start
from curation.settings import *  # noqa: F403

start()

# Pages find their static files without a collectstatic, and sign-ins do not wait for a slow hash.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Tests that commit are cleaned up after by emptying the tables, which the database otherwise refuses.
DATABASES["default"]["OPTIONS"]["options"] = "-c exempla.tables_may_be_emptied=on"  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
