"""A served site refuses to start when something unsafe is left at its default."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gunicorn.config import Config

from curation.core.serving.plans import plans

ROOT = Path(__file__).resolve().parents[2]
SAFE = {"ALLOWED_HOSTS": "exempla.example", "SECRET_KEY": "a-secret-0123456789" * 4}


# What a visitor at the sign-in page is answered, with and without a word of a proxy.
VISIT = """
import django, json
django.setup()
from django.test import Client
said = {}
for scheme in ("", "http", "https"):
    headers = {"Host": "exempla.example", **({"X-Forwarded-Proto": scheme} if scheme else {})}
    answer = Client(headers=headers).get("/accounts/login/")
    cookies = {name: morsel.OutputString() for name, morsel in answer.cookies.items()}
    said[scheme] = [answer.status_code, dict(answer.headers), cookies]
print(json.dumps(said))
"""


def check(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check --deploy` with exactly these settings."""
    return run(tmp_path, ["manage.py", "check", "--deploy", "--fail-level", "WARNING"], environment)


def run(tmp_path: Path, command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Python with exactly these settings; addresses are given, so nothing is started."""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    addresses = {"DATABASE_URL": "postgres://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    return subprocess.run(
        [sys.executable, *command],
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
        ({"ALLOWED_HOSTS": "localhost,exempla.example"}, "Set SECRET_KEY"),
        (SAFE | {"SECRET_KEY": "a-secret-0123456789" * 2 + "0123456789."}, "at least 50"),
        (SAFE | {"DEBUG": "1"}, "unset DEBUG"),
        (SAFE | {"SECURE_SSL_REDIRECT": "maybe"}, "must be 1 or 0"),
    ],
)
def test_an_unsafe_setting_stops_the_start_in_words(tmp_path: Path, environment: dict[str, str], words: str) -> None:
    done = check(tmp_path, **environment)
    assert done.returncode != 0
    said = done.stderr.strip().splitlines()
    assert len(said) == 1, "a line, and no traceback"
    assert said[0].startswith("exempla: ")
    assert words in said[0]


def test_a_trial_keeps_a_secret_of_its_own(tmp_path: Path) -> None:
    begin = ["-c", "import curation.settings"]
    assert run(tmp_path, begin, {}).returncode == 0
    secret = tmp_path / "secret-key"
    first = secret.read_text()
    assert len(first) >= 50
    assert secret.stat().st_mode & 0o077 == 0
    assert run(tmp_path, begin, {}).returncode == 0
    assert secret.read_text() == first


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the static files that a served site needs."""
    home = tmp_path_factory.mktemp("home")
    assert run(home, ["manage.py", "collectstatic", "--noinput"], SAFE).returncode == 0
    return home


@pytest.mark.parametrize("behind_proxy", ["0", "1"])
def test_a_served_site_believes_a_proxy_only_where_there_is_one(collected: Path, behind_proxy: str) -> None:
    static = {"DJANGO_SETTINGS_MODULE": "curation.settings", "BEHIND_PROXY": behind_proxy}
    done = run(collected, ["-c", VISIT], SAFE | static)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    believed = {"https"} if behind_proxy == "1" else set()
    assert {scheme for scheme, (status, *_rest) in said.items() if status == 200} == believed
    for scheme, (status, headers, cookies) in said.items():
        if scheme not in believed:
            assert (status, headers["Location"]) == (301, "https://exempla.example/accounts/login/")
            continue
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "Secure" in cookies["csrftoken"]
        assert "SameSite=Lax" in cookies["csrftoken"]


def test_the_web_server_believes_no_header_before_the_settings_do() -> None:
    web = next(plan.command for plan in plans(Path("/nowhere"), 3, [], verbose=False) if plan.name == "web")
    server = Config()
    given = vars(server.parser().parse_args(web[3:]))
    for name in ("forwarded_allow_ips", "bind"):
        server.set(name, given[name])
    assert server.forwarded_allow_ips == []
    assert server.bind == ["fd://3"]


def test_every_task_that_beat_sends_is_one_that_a_worker_knows() -> None:
    from curation import settings
    from curation.celery import app

    app.loader.import_default_modules()
    # What is only a question, the page that asks it asks again.
    known = {name for name in app.tasks if not name.startswith("celery.")} - {"releases.look"}
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} == known, (
        "what is not sent again is lost"
    )


@pytest.mark.parametrize("asked", [{}, {"SECURE_HSTS_INCLUDE_SUBDOMAINS": "1", "SECURE_HSTS_PRELOAD": "1"}])
def test_a_promise_for_a_whole_domain_is_made_when_asked_for(tmp_path: Path, asked: dict[str, str]) -> None:
    show = "from curation import settings as s; print(s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    assert run(tmp_path, ["-c", show], SAFE | asked).stdout.split() == [str(bool(asked))] * 2
