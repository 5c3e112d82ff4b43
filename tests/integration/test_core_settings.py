"""A served site refuses to start when something unsafe is left at its default."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAFE = {"ALLOWED_HOSTS": "exempla.example", "SECRET_KEY": "a-secret-0123456789" * 4}


def check(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check --deploy` with exactly these settings; addresses are given, so nothing is started."""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    addresses = {"DATABASE_URL": "postgres://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=clean | addresses | {"EXEMPLA_HOME": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_served_site_with_its_settings_is_clean(tmp_path: Path) -> None:
    done = check(tmp_path, **SAFE)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"ALLOWED_HOSTS": "exempla.example"}, "Set SECRET_KEY"),
        (SAFE | {"SECRET_KEY": "short"}, "at least 50"),
        (SAFE | {"DEBUG": "1"}, "unset DEBUG"),
        (SAFE | {"SECURE_SSL_REDIRECT": "maybe"}, "must be 1 or 0"),
    ],
)
def test_an_unsafe_setting_stops_the_start_in_words(tmp_path: Path, environment: dict[str, str], words: str) -> None:
    done = check(tmp_path, **environment)
    assert done.returncode != 0
    assert words in done.stderr


def test_a_trial_keeps_a_secret_of_its_own(tmp_path: Path) -> None:
    check(tmp_path)
    secret = tmp_path / "secret-key"
    first = secret.read_text()
    assert len(first) >= 50
    assert secret.stat().st_mode & 0o077 == 0
    check(tmp_path)
    assert secret.read_text() == first
