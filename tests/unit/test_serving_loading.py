"""What the processes of `serve` have in common is what most of them need: each pays for it, in memory and in time."""

import subprocess
import sys

from tests.embedded_homes import ROOT

# Fits and measurements alone need the first, calls to models the second, and nothing that runs needs the third.
ELSEWHERE = {
    *("joblib", "pandas", "scipy", "sklearn"),
    *("anthropic", "genai_prices", "openai", "pydantic_ai"),
    *("jsonschema", "pytest"),
}
LOADED = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()
from curation.core.serving.plans import preload
preload()
import curation.wsgi
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_what_few_need_is_loaded_where_it_is_used() -> None:
    command = [sys.executable, "-c", LOADED]
    loaded = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    assert {"celery", "curation", "gunicorn"} <= set(loaded)
    assert set(loaded) & ELSEWHERE == set()
