"""Two hosts, one for pages and one for work: what they share is PostgreSQL, Redis and a bucket, and no folder."""

import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.test import Client

from curation.accounts.models import Role, User
from curation.releases.models import Release
from curation.releases.models.release import ReleaseState
from curation.stories.models import ImportRun, Stage, Story
from curation.stories.models.imports import ImportState
from curation.stories.stages import State
from tests import builders, workers
from tests.buckets import BARE, KEYS, Server, free_port

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
TEXT = "The tug asked the harbour master twice, and then it waited, because a wrong guess would have cost a life."
ROWS = "".join(f'{{"text": "{TEXT} Berth {n}."}}\n' for n in range(4)).encode()


@contextmanager
def host(home: Path, part: str) -> Iterator[str]:
    """A machine that serves one part and has a folder of its own; yields the address that its pages would have."""
    port = free_port()
    env = {**os.environ, "EXEMPLA_HOME": str(home), "DJANGO_SETTINGS_MODULE": "curation.settings", "PORT": str(port)}
    env |= {"DATABASE_URL": workers.database_url(), "REDIS_URL": workers.broker_url()}
    said = home.with_name(f"{home.name}-{part}.log")
    with said.open("wb") as log:
        command = [sys.executable, "manage.py", "serve", "--only", part, "--no-demo"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        workers.until(lambda: "Exempla is running" in said.read_text() or process.poll() is not None, seconds=180)
        assert process.poll() is None, said.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


class Browser:
    """Somebody who is signed in, and whose browser follows the way that pages point."""

    def __init__(self, address: str, user: User) -> None:
        client = Client()
        client.force_login(user)
        self.address, self.session = address, requests.Session()
        self.session.cookies.set(settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)

    def get(self, path: str) -> requests.Response:
        answer = self.session.get(self.address + path, timeout=60)
        assert answer.ok, (path, answer.status_code, answer.text[:2000])
        return answer

    def post(self, path: str, data: dict[str, str], **files: tuple[str, bytes]) -> requests.Response:
        """Fill in the form of a page, and send it."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path).text)
        assert token
        answer = self.session.post(
            self.address + path, {**data, "csrfmiddlewaretoken": token[1]}, files=files or None, timeout=60
        )
        assert answer.ok, (path, answer.status_code, answer.text[:2000])
        return answer


@pytest.fixture
def shared(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each host is told: the same bucket, the same secret key."""
    bucket = s3.bucket()
    monkeypatch.setenv("STORAGE_URL", f"s3://{bucket.bucket}/{bucket.prefix}")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.endpoint)
    monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)
    for name, value in {**KEYS, **BARE}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.long
def test_a_file_that_one_host_took_in_is_imported_and_released_by_another(shared: None, tmp_path: Path) -> None:
    builders.default_rubric()
    curator, readers = builders.person(Role.CURATOR), (builders.person(), builders.person())
    dataset = builders.dataset()
    web, worker = tmp_path / "web", tmp_path / "worker"
    with host(web, "web") as address, host(worker, "worker"), host(worker, "beat"):
        browser = Browser(address, curator)
        looked = browser.post("/stories/import/", {}, file=("pilots.jsonl", ROWS))
        path = looked.url.removeprefix(address)
        browser.post(path, {"new_source": "pilots", "license": "CC0-1.0", "map_text": "text"})
        workers.until(lambda: ImportRun.objects.get().state not in {ImportState.PENDING, ImportState.RUNNING})
        run = ImportRun.objects.get()
        assert (run.state, run.created, run.error) == (ImportState.DONE, 4, "")
        workers.until(lambda: not Stage.objects.filter(state=State.STORED).exists())
        queue = builders.queue_of(*readers, stories=Story.objects.all(), overlap=2)
        for reader in readers:
            for _ in range(4):
                builders.review_by(reader, queue)
        browser.post(f"/datasets/{dataset}/new/", {"version": "v0.1.0", "notes": "The first."})
        workers.until(lambda: Release.objects.get().state not in {ReleaseState.PENDING, ReleaseState.BUILDING})
        release = Release.objects.get()
        assert (release.state, release.error) == (ReleaseState.BUILT, "")
        page = f"/datasets/{dataset}/v0.1.0/"
        assert "What it means" in browser.get(page).text
        for file in release.files.all():
            answer = browser.get(f"{page}files/{file.path}")
            assert [step.status_code for step in answer.history] == [302], "from the bucket itself"
            assert sha256(answer.content).hexdigest() == file.blob_id
        with zipfile.ZipFile(io.BytesIO(browser.get(f"{page}zip/").content)) as archive:
            assert sorted(archive.namelist()) == sorted(release.files.values_list("path", flat=True))
    for home in (web, worker):
        assert not (home / "files").exists()
        assert not (home / "blobs").exists()
