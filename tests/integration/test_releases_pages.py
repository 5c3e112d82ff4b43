"""The pages of datasets and releases, by role, and the downloads."""

import io
import secrets
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import NotFound
from curation.releases.actions import build, build_due, start_release
from curation.releases.models import Dataset, Release
from curation.releases.models.dataset import Visibility
from curation.releases.models.release import ReleaseState
from curation.releases.queries.find import load_dataset
from curation.releases.queries.pages import listed_datasets, listed_releases
from curation.standards.models import AcceptancePolicy
from curation.stories.actions import create_source
from tests import builders
from tests.releases_client import load

pytestmark = pytest.mark.django_db
ROLES = list(Role)


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "home"


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(builders.person(role))
    return client


def address(release: Release, name: str = "release", **more: str) -> str:
    dataset = release.dataset
    return reverse(name, kwargs={"org": dataset.org, "name": dataset.name, "version": release.version, **more})


def released(**fields: Any) -> Release:
    builders.accepted_stories(2, title="A <b>bold</b> title")
    return builders.built_release(builders.dataset(title="Stories & tales", **fields), notes="The first <i>ones</i>.")


@pytest.mark.parametrize("role", ROLES)
def test_a_public_release_is_open_to_everyone_who_signs_in(role: Role) -> None:
    release = released()
    client = signed_in(role)
    for url in (
        reverse("dataset_list"),
        reverse("dataset", args=["exempla", release.dataset.name]),
        address(release),
        address(release, "release_zip"),
        address(release, "release_file", path="README.md"),
    ):
        assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("role", ROLES)
def test_a_private_one_is_hidden_from_annotators(role: Role) -> None:
    release = released(visibility="private")
    client = signed_in(role)
    expected = 404 if role == Role.ANNOTATOR else 200
    for url in (
        reverse("dataset", args=["exempla", release.dataset.name]),
        address(release),
        address(release, "release_zip"),
        address(release, "release_file", path="manifest.json"),
    ):
        assert client.get(url).status_code == expected, url
    listed = "Stories &amp; tales" in client.get(reverse("dataset_list")).content.decode()
    assert listed == (role != Role.ANNOTATOR)


def pages_of(release: Release) -> list[str]:
    return [
        reverse("dataset", args=["exempla", release.dataset.name]),
        address(release),
        address(release, "release_quality"),
        address(release, "release_zip"),
        address(release, "release_file", path="README.md"),
    ]


def test_a_stranger_opens_what_is_public_and_is_sent_to_the_door_for_all_else() -> None:
    """What is not open looks as what is not there."""
    public, signed_in_only = released(), released(visibility="signed-in")
    for url in pages_of(public):
        answer = Client().get(url)
        assert (answer.status_code, answer["Cache-Control"].partition(",")[0]) == (200, "private"), url
    # Who made a version is told to those who are known.
    assert "created by" not in Client().get(address(public)).content.decode()
    for url in [*pages_of(signed_in_only), reverse("dataset", args=["exempla", "none"])]:
        assert Client().get(url)["Location"].startswith("/accounts/login/?next="), url
    drawn = Client().post(address(public, "release_quality"), {"name": "Again", "stories": "1", "overlap": "2"})
    assert drawn["Location"].startswith("/accounts/login/?next="), "only curators draw"
    listed = Client().get(reverse("dataset_list")).content.decode()
    assert public.dataset.name in listed
    assert signed_in_only.dataset.name not in listed
    assert [entry for entry in ("/queues/", "/stories/") if entry in listed] == []
    annie = signed_in(Role.ANNOTATOR)
    assert {annie.get(url).status_code for url in pages_of(signed_in_only)} == {200}


def test_the_list_is_closed_to_strangers_while_nothing_is_public() -> None:
    released(visibility="signed-in")
    assert Client().get(reverse("dataset_list"))["Location"].startswith("/accounts/login/?next=")


def test_a_stranger_may_ask_so_often_a_minute_from_one_address(settings: Any) -> None:
    settings.STRANGERS_REQUESTS_A_MINUTE = 2
    url, place = pages_of(released())[0], f"203.0.113.{secrets.randbelow(250)}"
    answers = [Client(REMOTE_ADDR=place).get(url) for _ in range(4)]
    assert 429 in {answer.status_code for answer in answers}
    assert int(answers[-1]["Retry-After"]) <= 60
    assert signed_in(Role.ANNOTATOR).get(url, REMOTE_ADDR=place).status_code == 200


def test_only_curators_see_what_is_not_built_and_may_release() -> None:
    builders.accepted_stories(1)
    release = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0")
    for role in ROLES:
        client = signed_in(role)
        curates = role in {Role.CURATOR, Role.ADMIN}
        assert client.get(address(release)).status_code == (200 if curates else 404)
        assert client.get(address(release, "release_progress")).status_code == (200 if curates else 404)
        assert client.get(address(release, "release_zip")).status_code == 404
        assert client.get(reverse("dataset_new")).status_code == (200 if curates else 403)
        new = reverse("release_new", args=["exempla", release.dataset.name])
        assert client.get(new).status_code == (200 if curates else 403)
        assert client.post(new, {"version": "v9.0.0"}).status_code == (422 if curates else 403)


def test_a_curator_makes_a_dataset_cuts_a_release_and_watches_it_built() -> None:
    builders.accepted_stories(2)
    client = signed_in(Role.CURATOR)
    assert "No dataset yet" in client.get(reverse("dataset_list")).content.decode()
    form = {"org": "exempla", "name": "tales", "title": "Tales", "license": "CC-BY-4.0", "visibility": "public"}
    answer = client.post(reverse("dataset_new"), {**form, "name": "no good"})
    assert answer.status_code == 422
    assert "cannot be a name" in answer.content.decode()
    answer = client.post(reverse("dataset_new"), form, follow=True)
    assert "No version yet" in answer.content.decode()
    describe = reverse("dataset_describe", args=["exempla", "tales"])
    assert describe in answer.content.decode()
    assert 'value="Tales"' in client.get(describe).content.decode()
    described = client.post(describe, {"title": "Tall tales", "description": "Of lamps."}, follow=True)
    assert "Tall tales</h1>" in described.content.decode()
    assert "Of lamps." in described.content.decode()
    new = reverse("release_new", args=["exempla", "tales"])
    assert 'value="v0.1.0"' in client.get(new).content.decode()
    answer = client.post(new, {"version": "0.1", "notes": ""})
    assert answer.status_code == 422
    assert "write it as v1.2.3" in answer.content.decode()
    answer = client.post(new, {"version": "v0.1.0", "notes": "First."}, follow=True)
    page = answer.content.decode()
    assert "Waiting for a worker" in page
    progress = reverse("release_progress", args=["exempla", "tales", "v0.1.0"])
    assert f'hx-get="{progress}"' in page
    assert "HX-Refresh" not in client.get(progress).headers
    build_due()
    assert client.get(progress).headers["HX-Refresh"] == "true"
    page = client.get(reverse("release", args=["exempla", "tales", "v0.1.0"])).content.decode()
    assert "hx-get" not in page.partition("<main")[2]
    assert "stories/train-00000-of-00001.parquet" in page or "stories/test-" in page or "stories/validation-" in page


def test_what_blocks_a_release_is_said_before_it_is_cut() -> None:
    builders.accepted_stories(1, of=create_source(actor=SYSTEM, name="unknown", license=""), title="The Lamp")
    dataset = builders.dataset()
    page = signed_in(Role.CURATOR).get(reverse("release_new", args=["exempla", dataset.name])).content.decode()
    assert "The Lamp" in page
    assert "Freeze and build" not in page


def test_a_build_whose_storage_is_away_says_so_and_goes_on_by_itself(settings: Any, tmp_path: Path) -> None:
    builders.accepted_stories(1)
    release = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0")
    (tmp_path / "home").write_text("a file where the state directory should be")
    assert build_due() == 1
    Release.objects.update(next_at=Now() + timedelta(minutes=1))
    page = signed_in(Role.CURATOR).get(address(release)).content.decode()
    assert "The folder for files cannot be used" in page
    assert "It is tried again by itself." in page
    (tmp_path / "home").unlink()
    Release.objects.update(next_at=Now())
    assert build_due() == 1
    release.refresh_from_db()
    assert release.state == ReleaseState.BUILT


def test_a_failed_build_says_why_and_can_be_retried() -> None:
    builders.accepted_stories(1)
    release = start_release(actor=SYSTEM, dataset=builders.dataset(), version="v0.1.0")
    builders.failed(Release, "The disk was taken out.")
    client = signed_in(Role.CURATOR)
    page = client.get(address(release)).content.decode()
    assert "The build stopped" in page
    assert "The disk was taken out." in page
    assert "Retry" in page
    assert client.post(address(release, "release_retry")).status_code == 302
    assert client.post(address(release, "release_retry")).status_code == 409
    release.refresh_from_db()
    assert release.state == ReleaseState.PENDING
    build(release=release)
    assert signed_in(Role.RESEARCHER).post(address(release, "release_retry")).status_code == 403


def test_a_release_that_an_older_version_froze_still_has_its_page() -> None:
    builders.accepted_stories(1)
    release = builders.frozen_release(builders.dataset())
    del release.frozen["counts"]["ratings"], release.frozen["agreement"]["A1"]
    release.save(update_fields=["frozen"])
    build(release=release)
    answer = signed_in(Role.RESEARCHER).get(address(release))
    assert answer.status_code == 200
    assert answer.context["facts"]["histograms"] == []


def test_untrusted_words_stay_words() -> None:
    page = signed_in(Role.CURATOR).get(address(released(description="<script>alert(1)</script>"))).content.decode()
    assert "<i>ones</i>" not in page
    assert "<script>alert" not in page
    assert "<b>bold</b>" not in page


def test_the_zip_is_the_release(tmp_path: Path) -> None:
    release = released()
    client = signed_in(Role.RESEARCHER)
    answer = client.get(address(release, "release_zip"))
    content = b"".join(answer.streaming_content)
    assert int(answer.headers["Content-Length"]) == len(content)
    assert release.folder in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == [file.path for file in release.files.order_by("path")]
        opened.extractall(tmp_path / "unzipped")
    assert sum(len(rows) for rows in load(tmp_path / "unzipped", "stories").values()) == 2
    assert b"".join(client.get(address(release, "release_zip")).streaming_content) == content
    again = client.get(address(release, "release_zip"), headers={"if-none-match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_file_comes_whole_or_in_part_with_its_headers() -> None:
    release = released()
    client = signed_in(Role.RESEARCHER)
    file = release.files.get(path="README.md")
    url = address(release, "release_file", path="README.md")
    answer = client.get(url)
    content = b"".join(answer.streaming_content)
    assert answer.headers["ETag"] == f'"{file.blob_id}"'
    assert int(answer.headers["Content-Length"]) == len(content) == file.blob.size
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    parts = {"bytes=0-9": content[:10], "bytes=5-": content[5:], "bytes=-7": content[-7:], "bytes=-99999999": content}
    for asked, expected in parts.items():
        part = client.get(url, headers={"range": asked})
        assert part.status_code == 206
        assert b"".join(part.streaming_content) == expected
        assert int(part.headers["Content-Length"]) == len(expected)
    assert client.get(url, headers={"range": f"bytes={len(content)}-"}).status_code == 416
    assert client.get(url, headers={"range": "bytes=a-b"}).status_code == 200
    assert client.get(url, headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
    assert client.head(url).headers["Content-Length"] == str(len(content))
    for path in ("../../../secret-key", "nothing.txt", "stories"):
        assert client.get(address(release, "release_file", path=path)).status_code == 404


@pytest.mark.parametrize("version", ["v9.9.9", "latest", "v1", "v0.1.0%00"])
def test_a_version_that_is_not_there_is_not_found(version: str) -> None:
    release = released()
    url = f"/datasets/exempla/{release.dataset.name}/{version}/"
    assert signed_in(Role.CURATOR).get(url).status_code == 404


def test_pages_take_a_fixed_number_of_statements(django_assert_max_num_queries: Any) -> None:
    release = released()
    for number in range(1, 4):
        builders.built_release(release.dataset, f"v0.1.{number}")
        builders.built_release(builders.dataset())
    for role in (Role.CURATOR, Role.RESEARCHER):
        client = signed_in(role)
        limits = {
            reverse("dataset_list"): 6,
            reverse("dataset", args=["exempla", release.dataset.name]): 20,
            address(release): 18,
            address(release, "release_zip"): 5,
        }
        # The first time, it is noted who fetches rows.
        client.get(address(release, "release_zip"))
        for url, most in limits.items():
            with django_assert_max_num_queries(most):
                client.get(url)


def test_a_dataset_is_listed_with_its_newest_built_version() -> None:
    builders.queue_of()
    policy = AcceptancePolicy.objects.latest("id")
    of, empty = builders.dataset("tales"), builders.dataset("empty", visibility="private")
    built = {"state": "built", "manifest": {}, "manifest_sha256": "0" * 64}
    numbers: list[tuple[int, int, int, dict[str, object]]] = [
        (0, 9, 9, built), (1, 0, 9, built), (1, 0, 10, built), (0, 10, 0, built), (2, 0, 0, {"state": "failed"}),
    ]  # fmt: skip
    for major, minor, patch, fields in numbers:
        number = {"major": major, "minor": minor, "patch": patch}
        Release.objects.create(dataset=of, rubric=policy.rubric, policy=policy, rows_total=1, **number, **fields)
    listed = listed_datasets(User(role=Role.RESEARCHER))
    assert {str(one): [release.version for release in one.newest] for one in listed} == {
        "exempla/tales": ["v1.0.10"], "exempla/empty": [],
    }  # fmt: skip
    assert listed_datasets(User(role=Role.ANNOTATOR)) == [of] != [empty]
    for name in ("empty", "none"):
        with pytest.raises(NotFound, match=f"There is no dataset exempla/{name}, or it is not open to you"):
            load_dataset(builders.person(), "exempla", name)
    assert load_dataset(SYSTEM, "exempla", "empty") == empty
    versions = [release.version for release in listed_releases(builders.person(Role.CURATOR), of)]
    assert versions == ["v2.0.0", "v1.0.10", "v1.0.9", "v0.10.0", "v0.9.9"]


def test_the_scoped_queryset_is_the_truth_about_who_sees_what() -> None:
    of = {kind: builders.dataset(visibility=kind) for kind in Visibility.values}
    inside, outside = ["public", "signed-in", "private"], ["public", "signed-in"]
    expected = {Role.ANNOTATOR: outside, Role.RESEARCHER: inside}
    for role in ROLES:
        seen = set(Dataset.objects.visible_to(User(role=role)))
        assert seen == {of[kind] for kind in expected.get(role, Visibility.values)}, role
    assert set(Dataset.objects.visible_to(AnonymousUser())) == {of["public"]}
    assert set(Dataset.objects.listed_to(AnonymousUser())) == {of["public"], of["gated"]}
