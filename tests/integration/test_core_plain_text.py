"""What a request may carry: no NUL anywhere, and one character for a line end, however the browser sends it."""

import json

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from annotations.actions import claim, recuse
from annotations.models import Decision, Draft, Review
from curation.accounts.models import Role
from curation.core.middleware import POLICY, PlainText
from curation.releases.models import Dataset
from curation.standards.models import Constitution
from tests.builders import add_story, answers, person, queue_of, review_by

pytestmark = pytest.mark.django_db
TWO_LINES = "x" * 499 + "\r\n" + "y" * 500


@pytest.fixture
def plain(client: Client) -> Client:
    """A client that is answered, 500s included, as a browser is."""
    client.raise_request_exception = False
    client.force_login(person(Role.CURATOR))
    return client


@pytest.mark.parametrize(
    "address",
    ["/datasets/exempla/samples/v0.1.0/files/a%00b", "/queues/new/preview/?queue=a%00b", "/consent/?queue=%00",
     "/stories/?q=%00", "/stories/?%00=q", "/stories/import/preview/a%00/", "/datasets/a/b/v0%00/",
     "/guidelines/?rubric=%00",
     "/stories/imports/?page=%00", "/no/such/%00"],
)  # fmt: skip
def test_no_address_takes_nul(plain: Client, address: str) -> None:
    answer = plain.get(address)
    assert answer.status_code in {400, 404}
    assert answer.headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize(
    ("address", "sent"),
    [("members/add/", {"user": "a\0"}), ("members/remove/", {"user": "a\0"}), ("state/", {"move": "\0"}),
     ("add/", {"a\0b": "a name"})],
)  # fmt: skip
def test_no_form_takes_nul(plain: Client, address: str, sent: dict[str, str]) -> None:
    queue = queue_of(person())
    assert plain.post(f"/queues/{queue.slug}/{address}", sent).status_code == 400
    urlencoded = "&".join(f"{name}={value}" for name, value in sent.items()).replace("\0", "%00")
    kind = "application/x-www-form-urlencoded"
    assert plain.post(f"/queues/{queue.slug}/{address}", urlencoded, content_type=kind).status_code == 400


def test_nobody_needs_an_account_to_be_refused(plain: Client) -> None:
    plain.logout()
    assert plain.post(reverse("login"), {"username": "a\0", "password": "b"}).status_code == 400
    plain.cookies[settings.SESSION_COOKIE_NAME] = "a\0b"
    assert plain.get(reverse("home")).status_code == 400


def test_the_guard_stands_behind_the_token_and_before_the_session() -> None:
    positions = [name.rsplit(".", 1)[-1] for name in settings.MIDDLEWARE]
    assert positions.index("CsrfViewMiddleware") < positions.index("PlainText") < positions.index("OwnLanguage")
    assert positions.index("ContentSecurityPolicy") < positions.index("PlainText")


def test_fields_keep_all_their_values_and_become_lf(rf: RequestFactory) -> None:
    seen: dict[str, list[str]] = {}

    def view(request: HttpRequest) -> HttpResponse:
        guard.process_view(request)
        seen.update(request.POST.lists(), **dict(request.GET.lists()))
        return HttpResponse()

    guard = PlainText(view)
    guard(rf.post("/?q=a%0D%0Ab&q=c", {"a": ["1\r\n2\r3\n\r\n4", "5"], "b": "\r"}))
    assert seen == {"q": ["a\nb", "c"], "a": ["1\n2\n3\n\n4", "5"], "b": ["\n"]}


def test_a_line_end_counts_once_and_is_kept_as_lf_in_every_form(client: Client) -> None:
    """One form of each kind: a Django form, and views that read their fields themselves."""
    annie, curator, story = person(), person(Role.CURATOR), add_story()
    queue = queue_of(annie, ben := person(), stories=[story])
    review = review_by(annie, queue, answers(5))
    review_by(ben, queue, answers(1))
    recuse(user=annie, story=story)  # Whoever may still take a review back does not revise it.
    client.force_login(annie)
    revised = {f"rating_{key}": "3" for key in answers()["ratings"]} | {"reason": TWO_LINES, "comment": "a\r\nb\rc"}
    revised["ask_curator"] = "on"
    assert client.post(reverse("review_revise", args=[review.pk]), revised).status_code == 302
    revision = Review.objects.get(revises=review)
    assert (revision.reason, revision.comment) == (TWO_LINES.replace("\r\n", "\n"), "a\nb\nc")
    client.force_login(curator)
    choice = {
        "org": "exempla",
        "name": "lines",
        "description": "one\r\ntwo",
        "license": "CC0-1.0",
        "visibility": "public",
    }
    assert client.post(reverse("dataset_new"), choice).status_code == 302
    assert Dataset.objects.get(name="lines").description == "one\ntwo"
    client.post(reverse("adjudicate", args=[story.pk]), {"outcome": "accept", "note": "yes\r\nindeed"})
    assert Decision.objects.filter(story=story).latest("pk").note == "yes\nindeed"


@pytest.mark.parametrize("data", ['{"a": NaN}', '{"a": 1e999}', "[" * 100_000, '{"a": ' * 30 + "1" + "}" * 30])
def test_a_draft_that_could_not_be_kept_is_refused_in_words(plain: Client, data: str) -> None:
    annie = person()
    assignment = claim(reviewer=annie, queue=(queue := queue_of(annie, stories=[add_story()])))
    assert assignment is not None
    plain.force_login(annie)
    address = reverse("review_draft", args=[queue.slug, assignment.pk])
    body = f'{{"version": 0, "data": {data}}}'
    assert plain.post(address, body, content_type="application/json").status_code == 422
    assert plain.post(reverse("review_submit", args=[queue.slug, assignment.pk]), {"spans": data}).status_code == 422
    kept = {"version": 0, "data": {"comment": "a\0b\ud800"}}
    assert plain.post(address, json.dumps(kept), content_type="application/json").status_code == 200
    assert "\0" not in Draft.objects.get(assignment=assignment).data["comment"]


@pytest.mark.parametrize("name", ['"a\\0b"', '"a\\ud800b"'])
def test_a_standard_with_nul_in_it_is_refused_in_words(plain: Client, name: str) -> None:
    text = f"name: {name}\nversion: 1\nprinciples:\n- key: a\n  name: b\n  description: c\n"
    file = SimpleUploadedFile("standard.yaml", text.encode())
    answer = plain.post(reverse("standards_import"), {"file": file})
    assert answer.status_code == 422
    assert "near line 1" in answer.content.decode()
    assert not Constitution.objects.exists()
