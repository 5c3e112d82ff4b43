"""The pages for researchers: rows and who is noted to read them, reports, outcomes, feeds."""

import re
import secrets
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from annotations.models import Recusal
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.core.errors import InvalidInput
from curation.releases.actions import withdraw_version
from curation.releases.models import Dataset, Release
from curation.research.actions import answer_report, decide_outcome
from curation.research.models import RowReport, TrainingOutcome
from curation.research.plots import plotted
from curation.research.views import rows as rows_view
from tests import builders
from tests.builders import answers, built_release, dataset, first_rows, person, reported, sent_outcome
from tests.viewed_release import viewed_release

pytestmark = pytest.mark.django_db
MARKED = {"conduct": "aligned", "intent": "benevolent", "portrayal": "positive"}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture
def release() -> Release:
    """Three stories with a passage that both of their reviewers marked."""
    evidence = {"criterion": "B1", "flag": None, "start": 0, "end": 5, "quote": "Story", **MARKED}
    data = answers(4, spans=[evidence])
    builders.accepted_stories(3, person(), person(), data=data, title="A & B", generator="writer-1")
    return built_release(dataset("samples"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(release: Release, name: str = "release_rows", *more: object) -> str:
    return reverse(name, args=[release.dataset.org, release.dataset.name, release.version, *more])


def test_a_stranger_reads_the_rows_of_a_public_dataset_and_nothing_of_a_private_one(release: Release) -> None:
    split, stories = first_rows(release)
    stranger = Client()
    listed = stranger.get(at(release))
    assert listed.status_code == 200
    assert listed.content.decode().count("A &amp; B") == len(stories)
    assert stranger.get(at(release, "release_story", stories[0]["id"])).headers["Location"] == at(
        release, "release_row", split, 0
    )
    page = stranger.get(at(release, "release_row", split, 0))
    assert page.status_code == 200
    said = page.content.decode()
    assert re.search(r'<mark data-group="B" title="B1, aligned, benevolent, positive \(reader-\w+\)[^"]*">Story<', said)
    assert len(page.context["told"].readers) == 2
    assert not Recusal.objects.exists()
    closed = built_release(dataset(visibility="private"))
    for address in (at(closed), at(closed, "release_row", split, 0)):
        assert stranger.get(address).headers["Location"] == f"{reverse('login')}?next={address}"
    feed = reverse("dataset_feed", args=[closed.dataset.org, closed.dataset.name])
    assert stranger.get(feed).status_code == 404
    assert signed_in(person()).get(at(closed)).status_code == 404


def test_who_is_signed_in_is_noted_to_have_read_and_asked_first_if_they_review(release: Release) -> None:
    reader, reviewer = person(Role.RESEARCHER), person()
    item = release.items.first()
    assert item is not None
    queue = builders.queue_of(reviewer)
    builders.add_items(actor=SYSTEM, queue=queue, stories=[item.story_id], kind="audit")
    assert signed_in(reader).get(at(release)).status_code == 200
    assert Recusal.objects.filter(user=reader, saw="reviews").count() == release.items.count()
    client, split = signed_in(reviewer), first_rows(release)[0]
    for address in (at(release), at(release) + "?q=Story", at(release, "release_row", split, 0)):
        asked = client.get(address)
        assert (asked.status_code, asked.context["stake"]) == (200, 1)
        assert "A &amp; B" not in asked.content.decode()
    assert not Recusal.objects.filter(user=reviewer).exists()
    wanted = at(release, "release_row", split, 0)
    went = client.post(at(release, "release_rows_read"), {"next": wanted})
    assert (went.status_code, went.headers["Location"]) == (302, wanted)
    assert Recusal.objects.filter(user=reviewer, saw="reviews").count() == release.items.count()
    assert client.get(wanted).context["told"].title == "A & B"
    away = client.post(at(release, "release_rows_read"), {"next": "https://elsewhere.example/"})
    assert away.headers["Location"] == at(release)


def test_another_site_has_nobody_read_the_rows(release: Release) -> None:
    reader = person(Role.RESEARCHER)
    led = signed_in(reader).get(at(release), headers={"Sec-Fetch-Site": "cross-site"})
    assert led.status_code == 403
    assert not Recusal.objects.filter(user=reader).exists()


def test_stories_are_searched_and_filtered_and_bad_filters_said_so(release: Release) -> None:
    client, split = signed_in(person(Role.RESEARCHER)), first_rows(release)[0]
    address = at(release)
    found = client.get(f"{address}?split={split}&q=sToRy&generator=writer-1&criterion=B1&least=3")
    assert len(found.context["page"].stories) == found.context["page"].total
    assert "<mark>Story</mark>" in found.content.decode()
    assert client.get(f"{address}?split={split}&q=nothing+like+it").context["page"].stories == []
    wrong = client.get(f"{address}?split={split}&least=4&tier=iron")
    assert set(wrong.context["form"].errors) == {"criterion", "tier"}
    assert wrong.context["question"].asks is False
    name = first_rows(release)[1][0]["id"]
    assert client.get(f"{address}?q={name}").headers["Location"] == at(release, "release_row", split, 0)
    for odd in ("?row=x", "?row=-1", "?row=99999999999999999999", "?split=nowhere", "?had=9999&row=1"):
        assert client.get(address + odd).status_code == 200
    assert client.get(at(release, "release_row", split, 999)).status_code == 404
    assert client.get(at(release, "release_story", "story-none")).status_code == 404


def test_a_search_goes_on_by_itself_where_it_was_and_waits_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    builders.default_rubric()
    made = viewed_release(dataset("samples"), 30, group=6, shard=30)
    monkeypatch.setattr("curation.research.rows.reading.MOST_TEXTS", 12)
    client, shown, parts = Client(), [], 0
    address = f"{at(made)}?q=lighthouse"
    page = client.get(address)
    while True:
        shown += [listed.row for listed in page.context["page"].stories]
        parts += 1
        goes_on = re.search(r'hx-get="([^"]+)" hx-trigger="load"', page.content.decode())
        if goes_on is None:
            break
        page = client.get(at(made) + goes_on[1].replace("&amp;", "&"), headers={"HX-Request": "true"})
        assert "<html" not in page.content.decode()
    assert (shown, parts) == ([0, 7, 14, 21, 28], 3)
    assert 'href="?' in client.get(address).content.decode(), "without script, a link goes on"
    for _taken in range(2):
        assert rows_view.SEARCHES.acquire(blocking=False)
    try:
        busy = Client(raise_request_exception=False).get(address)
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "2")
        waits = client.get(f"{address}&had=0", headers={"HX-Request": "true"})
        assert "delay:2s" in waits.content.decode()
        assert client.get(at(made)).status_code == 200, "whoever turns pages waits for nobody"
    finally:
        for _taken in range(2):
            rows_view.SEARCHES.release()


def test_a_page_takes_a_fixed_number_of_statements(django_assert_max_num_queries: Any) -> None:
    builders.default_rubric()
    made = viewed_release(dataset("samples"), 30, group=6, shard=18)
    Client().get(at(made))
    for address in (
        at(made),
        at(made) + "?row=20",
        at(made, "release_row", "train", 0),
        at(made, "release_row", "train", 29),
    ):
        with django_assert_max_num_queries(12):
            Client().get(address)


def test_a_problem_is_reported_answered_and_told(release: Release) -> None:
    reader, curator, other = person(Role.RESEARCHER), person(Role.CURATOR), person(Role.RESEARCHER)
    split = first_rows(release)[0]
    client, theirs = signed_in(reader), signed_in(curator)
    form = at(release, "report_new", split, 0)
    assert client.post(form, {"kind": "text", "text": " "}).status_code == 422
    address = client.post(form, {"kind": "harm", "text": "It names <b>somebody</b>."}).headers["Location"]
    assert "&lt;b&gt;somebody" in client.get(address).content.decode()
    assert signed_in(other).get(address).status_code == 404, "a report is between its reporter and the curators"
    assert "report from a reader to answer" in theirs.get("/").content.decode()
    assert address in theirs.get(reverse("research_waiting")).content.decode()
    assert signed_in(other).get(reverse("research_waiting")).status_code == 403
    assert signed_in(other).post(address + "answer/", {"answer": "No."}).status_code in {403, 404}
    assert theirs.post(address + "answer/", {"answer": "It is withdrawn."}).status_code == 302
    assert Client(raise_request_exception=False).post(address + "answer/", {"answer": "No."}).status_code == 302
    assert theirs.post(address + "answer/", {"answer": "Again."}).status_code == 409
    assert "It is withdrawn." in client.get(address).content.decode()
    assert address in client.get("/").content.decode()
    assert theirs.post(address + "finish/").status_code == 403
    client.post(address + "finish/")
    assert address not in client.get("/").content.decode()


def test_a_stranger_reports_by_an_address_of_its_own_and_not_too_often(release: Release, settings: Any) -> None:
    settings.STRANGERS_REPORTS_AN_HOUR = most = 3
    split = first_rows(release)[0]
    host = f"192.0.2.{uuid4()}"
    stranger, form = Client(REMOTE_ADDR=host), at(release, "report_new", split, 0)
    sent = {"kind": "text", "text": "A sentence is cut off."}
    address = stranger.post(form, sent).headers["Location"]
    assert stranger.get(address).status_code == 200
    assert (
        reverse("report_list", args=[release.dataset.org, release.dataset.name])
        not in stranger.get(address).content.decode()
    )
    for _more in range(most - 1):
        assert stranger.post(form, sent).status_code == 302
    refused = stranger.post(form, sent)
    assert refused.status_code == 429
    assert RowReport.objects.count() == most
    person_sends = signed_in(person())
    assert person_sends.post(form, sent).status_code == 302, "who is known has a number of their own"


def test_outcomes_are_listed_once_a_curator_has_looked(release: Release) -> None:
    sender, curator = person(), person(Role.CURATOR)
    address = reverse("outcome_list", args=[release.dataset.org, release.dataset.name])
    form = at(release, "outcome_new")
    said = {
        "who": "The reading group", "model": "Reader 1B", "rows": "stories/train", "method": "SFT", "unit": "%",
        "measure": "Misaligned completions", "higher_is_better": "no", "baseline": "12", "result": "11.6",
        "low": "10.1", "high": "13.3", "link": "https://example.org/report",
    }  # fmt: skip
    client, stranger = signed_in(sender), Client()
    for wrong in ({"low": ""}, {"low": "11.9"}, {"link": "javascript:alert(1)"}, {"baseline": "nan"}, {"who": " "}):
        assert client.post(form, said | wrong).status_code == 422, wrong
    assert client.post(form, said).status_code == 302
    [outcome] = TrainingOutcome.objects.all()
    assert (outcome.higher_is_better, plotted(outcome).effect) == (False, "unclear")
    assert "Reader 1B" not in stranger.get(address).content.decode()
    assert "Reader 1B" in client.get(address).content.decode()
    assert "no clear difference" in client.get(address).content.decode()
    decide = reverse("outcome_decide", args=[release.dataset.org, release.dataset.name, outcome.pk])
    assert client.post(decide, {"move": "list"}).status_code == 403
    assert signed_in(curator).post(decide, {"move": "decline"}).status_code == 422
    assert signed_in(curator).post(decide, {"move": "list"}).status_code == 302
    assert signed_in(curator).post(decide, {"move": "list"}).status_code == 409
    assert "Reader 1B" in stranger.get(address).content.decode()
    assert "Training method and rewards may matter more" in stranger.get(address).content.decode()


@pytest.mark.parametrize(
    ("figures", "effect"),
    [
        ({}, "better"),
        ({"higher_is_better": True}, "worse"),
        ({"low": None, "high": None}, "unclear"),
        ({"baseline": 8.0}, "unclear"),
        ({"baseline": 8.0, "low": 8.0, "high": 8.0}, "unclear"),
    ],
)
def test_an_effect_is_claimed_only_where_the_interval_lies_clear(figures: dict[str, Any], effect: str) -> None:
    said = {"higher_is_better": False, "baseline": 12.0, "result": 8.0, "low": 6.5, "high": 9.4} | figures
    assert plotted(TrainingOutcome(**said)).effect == effect


def test_the_database_keeps_answers_and_intervals_whole(release: Release) -> None:
    report, outcome = reported(release), sent_outcome(release, person())
    for rows, change in (
        (RowReport.objects.filter(pk=report.pk), {"state": "answered"}),
        (RowReport.objects.filter(pk=report.pk), {"answer": "Words alone."}),
        (RowReport.objects.filter(pk=report.pk), {"text": ""}),
        (TrainingOutcome.objects.filter(pk=outcome.pk), {"low": 9.0}),
        (TrainingOutcome.objects.filter(pk=outcome.pk), {"high": None}),
        (TrainingOutcome.objects.filter(pk=outcome.pk), {"state": "listed"}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(InvalidInput):
        decide_outcome(actor=SYSTEM, outcome=outcome, listed=False)


def test_feeds_tell_of_new_and_withdrawn_versions(release: Release) -> None:
    second = built_release(release.dataset, "v0.1.1", notes="A <title> was corrected.")
    built_release(dataset(visibility="private"))
    withdraw_version(actor=SYSTEM, release=second, reason="The splits were mixed up.")
    feed = Client().get(reverse("feed"))
    assert feed["Content-Type"].startswith("application/atom+xml")
    entries = ElementTree.fromstring(feed.content).findall(f"{ATOM}entry")  # noqa: S314 - our own answer
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [f"{second} is withdrawn", str(release)]
    assert "The splits were mixed up." in (entries[0].findtext(f"{ATOM}summary") or "")
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 2
    one = Client().get(reverse("dataset_feed", args=[release.dataset.org, release.dataset.name]))
    assert one.content.count(b"<entry>") == 2
    assert one["Last-Modified"]


@pytest.mark.parametrize("of_one", [True, False])
def test_a_stranger_may_read_feeds_so_often_a_minute_from_one_address(
    release: Release, settings: Any, of_one: bool
) -> None:
    settings.STRANGERS_REQUESTS_A_MINUTE = 2
    of_dataset = reverse("dataset_feed", args=[release.dataset.org, release.dataset.name])
    feed, place = of_dataset if of_one else reverse("feed"), f"192.0.2.{secrets.randbelow(250)}"
    # Five, as a new minute may begin among them.
    assert 429 in {Client(REMOTE_ADDR=place).get(feed).status_code for _call in range(5)}
    reader = Client(REMOTE_ADDR=place)
    reader.force_login(person())
    assert {reader.get(feed).status_code for _call in range(5)} == {200}


def test_a_feed_is_read_whatever_words_it_has(release: Release) -> None:
    """Readers show a summary as HTML, and a document with a control character not at all."""
    notes = "<script>alert(1)</script> \x08\x1b\ufffe & <b>more</b>"
    second = built_release(release.dataset, "v0.1.1", notes=notes)
    withdraw_version(actor=SYSTEM, release=second, reason="<img src=x onerror=alert(1)>\x01")
    Dataset.objects.update(title="A \x0b title")
    for address in (reverse("feed"), reverse("dataset_feed", args=[release.dataset.org, release.dataset.name])):
        feed = ElementTree.fromstring(Client().get(address).content)  # noqa: S314 - our own answer
        summary = feed.findtext(f"{ATOM}entry/{ATOM}summary") or ""
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in summary
        assert "&lt;img src=x" in summary
        assert set(re.findall(r"<[^>]*>", summary)) == {"<p>", "</p>"}


def test_charts_and_ways_to_load_are_on_the_pages_of_a_dataset(release: Release) -> None:
    client = signed_in(person(Role.RESEARCHER))
    pages = [
        client.get(reverse("dataset", args=[release.dataset.org, release.dataset.name])),
        client.get(at(release, "release")),
    ]
    for page in pages:
        said = page.content.decode()
        assert "http://testserver/hub" in said
        assert f"revision=&quot;{release.version}&quot;" in said
        assert "writer-1" in said
        assert "@misc{" in said
        assert "style=" not in said
    digests = [file.blob_id for file in release.files.all()]
    assert all(f">{digest}</code>" in pages[1].content.decode() for digest in digests)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM {table}",
        "UPDATE research_rowreport SET text = 'It is fine.'",
        "UPDATE research_rowreport SET story_id = 'story-1'",
        "UPDATE research_rowreport SET answer = 'No.' WHERE state = 'answered'",
        "UPDATE research_rowreport SET state = 'open', answer = '', answered_at = NULL WHERE state = 'answered'",
        "UPDATE research_trainingoutcome SET result = result + 1",
        "UPDATE research_trainingoutcome SET who = 'Somebody else'",
        "UPDATE research_trainingoutcome SET state = 'declined', reason = 'No.' WHERE state = 'listed'",
    ],
)
def test_what_readers_sent_and_what_was_made_of_it_stays(release: Release, change: str) -> None:
    curator = person(Role.CURATOR)
    answer_report(actor=curator, report=reported(release), answer="It is mended.")
    decide_outcome(actor=curator, outcome=sent_outcome(release, curator), listed=True)
    for table in ("research_rowreport", "research_trainingoutcome") if "{table}" in change else ("",):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change.format(table=table))
