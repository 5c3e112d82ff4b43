"""What was given on an Argilla server in sight of suggestions, or by whoever reads all there, counts for nothing."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotations.actions import claim
from annotations.counting import Use
from annotations.models import Recusal, Review
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role
from curation.accounts.people import close_account, reopen_account
from curation.argilla.actions import map_account, replace_key
from curation.argilla.models import ArgillaAnswer, ArgillaPerson, ArgillaRecord
from tests.argilla.answering import Linked
from tests.argilla.running import Argilla, Person
from tests.builders import add_story, person, queue_of, scored_stories
from tests.integration.test_argilla_links import judge_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def linked(argilla: Argilla) -> Linked:
    """A queue of one story that is reviewed blind there, synced once."""
    made = Linked(argilla, queue_of(stories=[add_story()]))
    assert made.synced().fault == ""
    return made


def suggest(linked: Linked, record: str) -> None:
    """Have somebody else's program add a suggestion there."""
    question = next(one for one in linked.questions().values() if one["settings"]["type"] == "rating")
    suggestion = {"question_id": question["id"], "value": 5, "type": "model", "agent": "theirs"}
    linked.argilla.call("PUT", f"records/{record}/suggestions", json=suggestion)


def kinds() -> dict[Any, tuple[str, bool]]:
    """The reviews by their writers: their kind, and whether they are blind."""
    return {one.reviewer: (one.kind, one.blind) for one in Review.objects.order_by("pk")}


def page_of(linked: Linked, name: str) -> str:
    client = Client()
    client.force_login(person(Role.CURATOR))
    return client.get(reverse(name, args=[linked.link.pk])).content.decode()


def told_of(linked: Linked, there: Person) -> int:
    """How often the page of people says beside an account that nothing from it counts."""
    row = page_of(linked, "argilla_people").partition(f"<bdi>{there.username}</bdi>")[2].partition("</th>")[0]
    return row.count("Can read what everybody answers there, so nothing from this account counts.")


def test_what_comes_in_once_others_have_added_suggestions_is_not_blind(linked: Linked) -> None:
    (before, there), (after, other), (reader, _third) = linked.reader(), linked.reader(), linked.reader()
    stranger = linked.argilla.person(linked.workspace)
    record = linked.records()[0]["id"]
    for who in (there, stranger):
        linked.answer(who, record, linked.rated())
    linked.synced()
    assert kinds() == {before: ("commit", True)}
    assert "suggestions that" not in page_of(linked, "argilla_link")
    suggest(linked, record)
    linked.answer(other, record, linked.rated())
    linked.synced()
    assert kinds()[after] == ("extra", False)
    # Whoever may have seen it reviews the story here no more, whether they answered there or not.
    recused = set(Recusal.objects.filter(saw="scores").values_list("user", flat=True))
    assert {after.pk, reader.pk} <= recused
    assert claim(reviewer=reader, queue=linked.queue) is None
    assert "1 story has suggestions there that others added" in page_of(linked, "argilla_link")
    # It stays so: for what waits, and when they are gone again.
    found = linked.records()[0]["suggestions"]
    linked.argilla.call("DELETE", f"records/{record}/suggestions", ids=found[0]["id"])
    late = person()
    late.memberships.create(queue=linked.queue)
    account = ArgillaPerson.objects.get(account=stranger.id)
    map_account(actor=person(Role.CURATOR), account=account, person=late)
    linked.synced()
    assert kinds()[late] == ("extra", False)
    with pytest.raises(IntegrityError), transaction.atomic():
        ArgillaRecord.objects.update(suggested_at=None)
    # What they say instead of a blind review stands beside it.
    linked.answer(there, record, linked.rated(1))
    linked.synced()
    revised = Review.objects.get(kind="revision")
    assert (revised.reviewer, revised.revises.kind) == (before, "commit")
    assert [one.reviewer for one in Review.objects.counting(Use.DECISION)] == [before]


def test_what_owners_and_admins_answer_there_is_not_blind(linked: Linked) -> None:
    admin, there = linked.reader(role="admin")
    linked.synced()
    # It is told before anybody answers.
    assert told_of(linked, there) == 1
    linked.answer(there, linked.records()[0]["id"], linked.rated())
    linked.synced()
    assert kinds() == {admin: ("extra", False)}
    assert list(Recusal.objects.values_list("user", "saw")) == [(admin.pk, "reviews")]


def test_whoever_reads_all_no_more_is_blind_on_what_nobody_had_answered(argilla: Argilla) -> None:
    linked = Linked(argilla, queue_of(stories=[add_story(), add_story()]))
    linked.synced()
    first, second = (one["id"] for one in linked.records())
    boss, there = linked.reader(role="owner")
    _annie, other = linked.reader()
    linked.answer(other, first, linked.rated())
    linked.synced()
    linked.argilla.call("PATCH", f"users/{there.id}", json={"role": "annotator"})
    for record in (first, second):
        linked.answer(there, record, linked.rated())
    linked.synced()
    assert told_of(linked, there) == 0
    mine = {one.record.record: one.review for one in ArgillaAnswer.objects.filter(account__account=there.id)}
    assert [(mine[one].kind, mine[one].blind) for one in (first, second)] == [("extra", False), ("commit", True)]
    assert boss == mine[first].reviewer
    # Made an owner again, what comes in is not blind; what came in before stays.
    linked.argilla.call("PATCH", f"users/{there.id}", json={"role": "owner"})
    linked.synced()
    assert told_of(linked, there) == 1
    assert Review.objects.counting(Use.DECISION).filter(reviewer=boss).count() == 1


def test_with_the_key_of_an_admin_whoever_it_does_not_tell_of_is_not_blind(argilla: Argilla) -> None:
    linked = Linked(argilla, queue_of(stories=[add_story()]))
    boss = linked.argilla.person(linked.workspace, role="admin")
    replace_key(actor=SYSTEM, server=linked.server, key=boss.key)
    linked.synced()
    annie, there = linked.reader()
    record = linked.records()[0]["id"]
    linked.answer(there, record, linked.rated())
    # An owner answers everywhere, and is in no workspace.
    owner = Person(linked.argilla.call("GET", "me")["id"], "owner", linked.argilla.owner_key)
    linked.answer(owner, record, linked.rated())
    linked.synced()
    unknown = ArgillaPerson.objects.get(account=owner.id)
    assert (unknown.role, unknown.reads_all) == ("", True)
    assert "Its role there is not known" in page_of(linked, "argilla_people")
    late = person()
    late.memberships.create(queue=linked.queue)
    map_account(actor=person(Role.CURATOR), account=unknown, person=late)
    linked.synced()
    assert kinds() == {annie: ("commit", True), late: ("extra", False)}


def test_an_account_that_is_closed_here_is_recused_from_what_has_suggestions(argilla: Argilla) -> None:
    (story,) = scored_stories(1)
    linked = Linked(argilla, queue_of(stories=[story]), judge=judge_of(story))
    anna, _there = linked.reader()
    admin = person(Role.ADMIN)
    close_account(actor=admin, user=anna)
    linked.synced()
    anna.refresh_from_db()
    reopen_account(actor=admin, user=anna)
    anna.refresh_from_db()
    assert claim(reviewer=anna, queue=linked.queue) is None
    assert Recusal.objects.filter(user=anna, story=story, saw="scores").exists()
