"""Shared fixtures. Django's settings start the embedded services when none are configured."""

import os
from pathlib import Path

# Tests keep their own state directory, shared by parallel runs of this checkout, so that nobody's workspace is touched.
ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("EXEMPLA_HOME", str(ROOT / "var" / "test"))
os.environ.setdefault("EXEMPLA_EMBEDDED_FAST", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.settings")
