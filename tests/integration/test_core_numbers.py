"""Numbers that no column and no parser can hold, and addresses that are none: refused or passed over, never a 500."""

import io
import logging

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from annotations.actions import claim
from curation.accounts.models import Role
from curation.standards.models import Constitution
from tests.builders import accepted_stories, add_story, answers, built_release, dataset, person, queue_of

pytestmark = pytest.mark.django_db
NUMBERS = ["9" * 30, "9" * 5000, "²", "٣"]
CONSTITUTION = "name: a\nversion: {}\nprinciples:\n- key: a\n  name: b\n  statement: c\n"


@pytest.mark.parametrize("number", NUMBERS)
def test_a_form_with_such_a_number_is_answered_in_words(client: Client, number: str) -> None:
    annie = person()
    assignment = claim(reviewer=annie, queue=(queue := queue_of(annie, stories=[add_story()])))
    assert assignment is not None
    client.force_login(annie)
    rated = {f"rating_{key}": number for key in answers()["ratings"]} | {"active_seconds": number}
    assert client.post(reverse("review_submit", args=[queue.slug, assignment.pk]), rated).status_code == 422
    assert client.post(reverse("consent"), {"publish": "yes", "version": number}).status_code in {409, 422}
    assert client.get(reverse("guidelines"), {"rubric": number}).status_code == 200
    client.force_login(person(Role.CURATOR))
    assert client.post(reverse("queue_new"), {"run": number}).status_code == 422


@pytest.mark.parametrize("number", NUMBERS)
def test_a_range_that_is_none_brings_the_whole_file(client: Client, number: str) -> None:
    accepted_stories(1)
    release = built_release(dataset())
    client.force_login(person(Role.RESEARCHER))
    address = reverse("release_file", args=[release.dataset.org, release.dataset.name, release.version, "README.md"])
    for wanted in (f"bytes={number}-", f"bytes=-{number}", f"bytes=0-{number}"):
        answer = client.get(address, HTTP_RANGE=wanted.encode().decode("latin-1"))
        assert answer.status_code == 200
        assert b"".join(answer) != b""  # type: ignore[arg-type]


@pytest.mark.parametrize("version", ["9" * 10, "9" * 30, "9" * 5000, ".inf", ".nan", "0001-13-45", "&a [*a]"])
def test_a_standard_with_such_a_version_is_refused_in_words(client: Client, version: str) -> None:
    client.force_login(person(Role.CURATOR))
    file = SimpleUploadedFile("standard.yaml", CONSTITUTION.format(version).encode())
    assert client.post(reverse("standards_import"), {"file": file}).status_code == 422
    assert not Constitution.objects.exists()


@pytest.mark.parametrize("page", ["9999", "NaN", "a:b", '[{"start": 1}]'])
def test_the_page_that_a_small_dialog_came_from_may_have_any_name(client: Client, page: str) -> None:
    client.force_login(person())
    assert client.post(reverse("preferences_part"), {"theme": "dark"}, HTTP_REFERER=page).status_code == 302


def test_what_is_refused_as_suspicious_is_a_warning_and_a_short_line(client: Client) -> None:
    named = settings.LOGGING["handlers"]["console"]["filters"]
    handler = logging.StreamHandler(said := io.StringIO())
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    for name in named:
        handler.addFilter(import_string(settings.LOGGING["filters"][name]["()"])())
    logging.getLogger().addHandler(handler)
    try:
        assert client.get("/", HTTP_HOST="nowhere.example" + "x" * 5000).status_code == 400
    finally:
        logging.getLogger().removeHandler(handler)
    assert "WARNING django.security.DisallowedHost " in said.getvalue()
    assert "ERROR" not in said.getvalue()
    assert max(map(len, said.getvalue().splitlines())) < 1200
