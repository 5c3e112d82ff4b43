"""Revising on its pages: what they show to the reviewer and to curators, and what is recorded."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import add_items, adjudicate, finalize_reviews, recuse
from annotations.models import Decision, Review
from annotations.models.queue import ItemKind
from annotations.queries import awaiting_adjudication
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.audit.models import Entry
from tests.builders import (
    accepted_stories,
    add_story,
    answers,
    person,
    queue_of,
    review_by,
)
from tests.integration.test_annotations_revising import revealed, revision_by, state

pytestmark = pytest.mark.django_db


def form(data: dict[str, Any], **more: str) -> dict[str, Any]:
    """The sheet as a browser without a script sends it."""
    return {**{f"rating_{key}": value for key, value in data["ratings"].items()}, **more}


def test_the_page_is_filled_with_what_was_said_and_keeps_what_is_sent() -> None:
    annie, mine, _, story = revealed()
    passage = {"criterion": "A1", "flag": None, "start": 0, "end": 5, "quote": story.text[:5]}
    revision_by(annie, mine, answers(2, spans=[passage], comment="Read again."))
    client = Client()
    client.force_login(annie)
    address = reverse("review_revise", args=[mine.pk])
    page = client.get(address)
    assert page.context["data"]["ratings"]["A1"] == 2
    text = page.content.decode()
    assert "Read again." in text
    assert "The story then waits for a curator." in text

    fields = form(answers(3), spans=page.context["sheet"].spans, comment="And again.")
    refused = client.post(address, {**fields, "reason": "", "ask_curator": "on"})
    assert refused.status_code == 422
    assert "Say in a sentence why" in refused.content.decode()
    assert refused.context["ask_curator"]
    assert refused.context["data"]["comment"] == "And again."
    kept = client.post(address, {**fields, "reason": "The <end>.", "ask_curator": "on"}, follow=True)
    assert "a curator is asked" in kept.content.decode()
    assert "The &lt;end&gt;." in kept.content.decode()
    newest = Review.objects.latest("pk")
    assert (newest.asks_curator, newest.spans.get().quote) == (True, story.text[:5])

    for role in (Role.ANNOTATOR, Role.CURATOR, Role.RESEARCHER):
        client.force_login(person(role))
        assert client.get(address).status_code == 404
    ben, open_still = person(), add_story()
    review = review_by(ben, queue_of(ben, person(), stories=[open_still]))
    client.force_login(ben)
    assert client.get(reverse("review_revise", args=[review.pk])).status_code == 409


def test_curators_see_where_and_why_and_not_the_new_values() -> None:
    annie, mine, _, story = revealed()
    data = answers(4)
    data["ratings"]["A3"] = 1
    revision_by(annie, mine, data, ask=True)
    client = Client()
    client.force_login(person(Role.CURATOR))
    assert "The ending says otherwise." in client.get(reverse("adjudication_list")).content.decode()
    page = client.get(reverse("adjudicate", args=[story.pk]))
    ((reader, look),) = page.context["looks"]
    assert (reader, [criterion.key for criterion in look.changed]) == (1, ["A3"])
    assert "The ending says otherwise." in page.content.decode()
    assert {review.pk for review in page.context["sides"].reviews} == set(
        Review.objects.filter(kind="commit").values_list("pk", flat=True)
    )
    assert client.post(reverse("adjudicate", args=[story.pk]), {"outcome": "accept", "note": "Yes."}).status_code == 302
    assert state(story) == "accepted"


def test_a_released_story_says_so_to_both() -> None:
    annie, mine, _, story = revealed()
    finalize_reviews(stories=[story.pk])
    client = Client()
    client.force_login(annie)
    assert "The story is in a release." in client.get(reverse("review_revise", args=[mine.pk])).content.decode()
    revision_by(annie, mine, ask=True)
    client.force_login(person(Role.CURATOR))
    page = client.get(reverse("adjudicate", args=[story.pk])).content.decode()
    assert "This story is in a release." in page
    assert "It stands as: accept." in page


def test_its_pages_take_few_statements(django_assert_max_num_queries: Any) -> None:
    annie, mine, _, story = revealed()
    for _ in range(3):
        revision_by(annie, mine, ask=True)
    client = Client()
    client.force_login(annie)
    for address, most in [
        (reverse("review_revise", args=[mine.pk]), 16),
        (reverse("my_review", args=[mine.pk]), 12),
        (reverse("last_reviews"), 3),
    ]:
        client.get(address)
        with django_assert_max_num_queries(most):
            client.get(address)
    client.force_login(person(Role.CURATOR))
    for address, most in [(reverse("adjudication_list"), 10), (reverse("adjudicate", args=[story.pk]), 25)]:
        client.get(address)
        with django_assert_max_num_queries(most):
            client.get(address)


def test_a_request_by_somebody_whom_the_decision_does_not_rest_on_is_only_listed() -> None:
    [story] = accepted_stories(1)
    auditor = person()
    audit = queue_of(auditor)
    add_items(actor=SYSTEM, queue=audit, stories=[story], kind=ItemKind.AUDIT)
    mine = review_by(auditor, audit)
    recuse(user=auditor, story=story)
    revision_by(auditor, mine, ask=True)
    assert (state(story), Decision.objects.count()) == ("accepted", 1)
    assert [decision.story for decision in awaiting_adjudication()] == [story]


def test_it_is_recorded_and_says_whether_a_curator_is_asked() -> None:
    annie, mine, _, story = revealed()
    quiet, asking = revision_by(annie, mine), revision_by(annie, mine, ask=True)
    entries = Entry.objects.filter(verb="review.revised").order_by("id")
    assert [(entry.actor, entry.target_id, entry.data) for entry in entries] == [
        (annie, str(quiet.pk), {"story": story.pk, "asks_curator": False}),
        (annie, str(asking.pk), {"story": story.pk, "asks_curator": True}),
    ]
    revision_by(annie, mine, answers(4, flags={"self_harm": {}}))
    assert Entry.objects.filter(verb="review.revised").latest("id").data["asks_curator"]


def test_a_safety_flag_that_was_raised_before_asks_no_second_time() -> None:
    annie, story = person(), add_story()
    queue = queue_of(annie, person(), stories=[story])
    mine = review_by(annie, queue, answers(4, flags={"self_harm": {}}))
    adjudicate(actor=person(Role.CURATOR), story=story, outcome="accept", note="It names it, and no more.")
    recuse(user=annie, story=story)
    assert not revision_by(annie, mine, answers(3, flags={"self_harm": {}})).asks_curator
    assert not awaiting_adjudication().exists()
    both = answers(3, flags={"self_harm": {}, "hazardous_uplift": {}})
    assert revision_by(annie, mine, both).asks_curator
    assert awaiting_adjudication().exists()
