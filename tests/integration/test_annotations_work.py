"""My work: a reviewer's own history, pace, agreement, passes and export, and nobody else's."""

import csv
import io
import itertools
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Value
from django.test import Client
from django.urls import reverse

from annotations.actions import claim, finalize_reviews, pass_on, recuse, withdraw
from annotations.models import Decision, Item, Review, Withdrawal
from annotations.models.queue import ItemKind
from annotations.queries import status as status_queries
from annotations.queries import work
from annotations.queries.alike import alike
from annotations.queries.status import ReviewStatus, with_outcome_told, with_status
from annotations.queries.work import PAGE
from annotations.rules import found_reason
from curation.accounts.models import Role, User
from curation.stories.models import Story
from tests.builders import accepted_stories, add_story, answers, person, queue_of, review_by

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, **query: Any) -> str:
    return signed_in(user).get(reverse("my_work"), query).content.decode()


def listed(user: User, **query: Any) -> str:
    """The list of reviews alone, as htmx asks for it."""
    return signed_in(user).get(reverse("my_work"), query, headers={"HX-Request": "true"}).content.decode()


@pytest.fixture
def an_hour_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every review is older than second thoughts take."""
    monkeypatch.setattr(status_queries, "SECOND_THOUGHTS", timedelta(0))


def test_the_page_is_for_reviewers_and_begins_kindly() -> None:
    assert "No reviews yet" in page(person())
    assert signed_in(person(Role.RESEARCHER)).get(reverse("my_work")).status_code == 403
    assert "login" in Client().get(reverse("my_work")).headers["Location"]
    for name in ("my_reviews_csv", "my_reviews_jsonl"):
        assert signed_in(person(Role.RESEARCHER)).get(reverse(name)).status_code == 403


def test_the_history_lists_ones_own_reviews_and_filters_them() -> None:
    annie, ben = person(), person()
    first = queue_of(annie, ben, stories=[add_story(title="The lock"), add_story(title="The tide")])
    other = queue_of(annie, ben, stories=[add_story(title="The ferry")])
    review_by(annie, first, answers(active_seconds=1))
    review_by(ben, first)
    review_by(annie, first, answers(flags={"near_duplicate": {}}, active_seconds=192))
    review_by(annie, other)
    shown = page(annie)
    assert all(title in shown for title in ("The lock", "The tide", "The ferry"))
    assert "3 min 12 s for" in shown
    assert "quick" not in shown, "nobody is told off afterwards"
    assert "The ferry" not in listed(annie, queue=first.slug)
    assert "The tide" in listed(annie, flagged="on")
    assert "The lock" not in listed(annie, flagged="on")
    assert "The lock" in listed(annie, period="today")
    assert "No review of yours fits" in listed(annie, queue="nothing")
    assert "No review of yours fits" in listed(annie, before="1")
    assert "The tide" not in page(ben)


def test_today_a_week_and_a_month_begin_at_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    annie = person()
    review = review_by(annie, queue_of(annie, stories=[add_story()]))
    review.refresh_from_db()

    def found(period: str, days: int, moment: timedelta) -> bool:
        monkeypatch.setattr(work, "midnight", lambda: review.submitted_at + timedelta(days=days) + moment)
        assert (len(work.days(annie)) == 1) == (days + (moment > timedelta(0)) <= 6)
        return bool(work.history(annie, work.HistoryFilter(period=period))[0])

    now, later = timedelta(0), timedelta(microseconds=1)
    for period, days in (("today", 0), ("week", 6), ("month", 29)):
        assert found(period, days, now)
        assert not found(period, days, later)
    assert found("", 400, now)


def test_older_reviews_come_page_by_page(django_assert_max_num_queries: Any) -> None:
    annie = person()
    queue = queue_of(annie, person(), stories=[add_story(title=f"Title {n}.") for n in range(PAGE + 2)])
    for _ in range(PAGE + 2):
        review_by(annie, queue)
    client = signed_in(annie)
    client.get(reverse("my_work"))
    with django_assert_max_num_queries(14):
        newest = client.get(reverse("my_work"))
    entries = newest.context["entries"]
    assert len(entries) == PAGE
    older = client.get(reverse("my_work") + newest.context["older_url"].partition("#")[0])
    assert [entry.review.pk for entry in older.context["entries"]] == [
        entries[-1].review.pk - 1,
        entries[-1].review.pk - 2,
    ]
    assert not older.context["older_url"]


def reviews_of_every_kind(story: Story) -> None:
    """Make of a story's two commits one that stands and one that was withdrawn; add an extra review and a revision."""
    first, second = Review.objects.filter(story=story).order_by("id")
    Withdrawal.objects.create(review=second)
    for kind, revises, reason in (("extra", None, ""), ("revision", first, "A slip.")):
        Review.objects.create(
            story=story,
            reviewer=first.reviewer,
            rubric=first.rubric,
            assignment=first.assignment,
            kind=kind,
            revises=revises,
            reason=reason,
            idempotency_key=uuid4(),
        )


def test_what_became_of_a_review_stands_beside_it() -> None:
    queue = queue_of(annie := person(), person(), stories=[add_story()])
    stands = review_by(annie, queue)
    extra, ended = Review.objects.get(pk=stands.pk), person()
    assert (">Not told yet<" in listed(annie), ">Extra<" in listed(annie)) == (True, False)
    extra.pk, extra.kind, extra.reviewer, extra.idempotency_key = None, "extra", ended, uuid4()
    extra.save(force_insert=True)
    assert (">Not told yet<" in listed(ended), ">Extra<" in listed(ended)) == (False, True)


def stories_decided_in_every_way() -> None:
    """Make stories that are not decided, or decided in each way: by whom, taken back, reopened, asked again."""
    curator = person(Role.CURATOR)
    readers = [person(), person(), person()]
    waiting = queue_of(*readers, stories=[add_story()], overlap=3)
    by_policy, by_curator, undone, reopened, other, found = accepted_stories(6, *readers[:2])
    for reader in readers[:2]:
        review_by(reader, waiting)

    def supersede(story: Story, **fields: Any) -> None:
        first = Decision.objects.get(story=story, superseded_by__isnull=True)
        Decision.objects.create(story=story, policy=first.policy, supersedes=first, **{"outcome": "accept", **fields})

    supersede(by_curator, decided_by=curator)
    supersede(undone, decided_by=curator, outcome="reject")
    supersede(undone, undo=True)
    supersede(reopened, outcome="reopened")
    supersede(other, outcome="reject")
    supersede(found, outcome="adjudicate", reasons=[found_reason("It quotes a benchmark.")])
    for story in (waiting.items.get().story, by_policy, by_curator, undone, reopened, other, found):
        reviews_of_every_kind(story)


def test_what_is_told_is_the_same_in_the_list_and_in_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over all combinations of what it depends on."""
    stories_decided_in_every_way()
    readers = User.objects.filter(pk__in=Review.objects.values("reviewer"))
    found = set()
    people = itertools.product([Role.ANNOTATOR, Role.CURATOR, Role.ADMIN], [ItemKind.NORMAL])
    for (role, kind), wait in itertools.product([*people, (Role.CURATOR, ItemKind.GOLD)], [0, 1]):
        readers.update(role=role)
        Item.objects.update(kind=kind)
        monkeypatch.setattr(status_queries, "SECOND_THOUGHTS", timedelta(hours=wait))
        for facts in itertools.product([False, True], repeat=4):
            names = ("is_recused", "is_final", "is_safety", "is_rewriting")
            rows = with_status(Review.objects.all()).annotate(
                **{name: Value(fact) for name, fact in zip(names, facts, strict=True)}
            )
            told = {(review.pk, ReviewStatus.of(review).outcome) for review in rows}
            listed = {
                (pk, outcome)
                for outcome in ("accept", "reject", "adjudicate")
                for pk in with_outcome_told(rows, outcome).values_list("pk", flat=True)
            }
            assert listed == {(pk, outcome) for pk, outcome in told if outcome}, (role, kind, wait, facts)
            found |= {(kind, outcome) for _, outcome in told}
    outcomes = ("", "accept", "reject", "adjudicate")
    assert found == {*((ItemKind.NORMAL, outcome) for outcome in outcomes), (ItemKind.GOLD, "")}


def test_a_filter_by_outcome_lists_what_may_be_told() -> None:
    annie, ben = person(), person()
    mine = [Review.objects.get(reviewer=annie, story=story) for story in accepted_stories(4, annie, ben)]
    recuse(user=annie, story=mine[0].story)
    finalize_reviews(stories=[mine[1].story_id])
    withdraw(reviewer=annie, review=mine[2])
    told = {r.pk for r in with_status(Review.objects.filter(reviewer=annie)) if ReviewStatus.of(r).outcome}
    assert told == {mine[0].pk, mine[1].pk}
    assert page(annie, outcome="accept").count(">Accepted<") == 2


def test_agreement_counts_only_decided_stories_that_both_rated(an_hour_on: None) -> None:
    annie, ben = person(), person()
    assert alike(annie) == []
    queue = queue_of(annie, ben, stories=[add_story() for _ in range(4)])
    for mine, theirs in ((4, 4), (5, 4), (5, 3)):
        review_by(annie, queue, answers(mine))
        review_by(ben, queue, answers(theirs))
    review_by(annie, queue)
    rows = {row.criterion.key: row for row in alike(annie)}
    assert "C1" not in rows
    assert (rows["B1"].exact.n, rows["B1"].exact.value, rows["B1"].near.value) == (3, 1 / 3, 2 / 3)
    assert rows["B1"].exact.low < 1 / 3 < rows["B1"].exact.high
    assert "33%" in page(annie)


def test_agreement_is_silent_while_a_review_could_be_written_again() -> None:
    annie, ben = person(), person()
    accepted_stories(2, annie, ben)
    assert alike(annie) == []
    assert "Nothing to compare yet" in page(annie)


def test_passes_are_listed_with_their_reasons() -> None:
    annie = person()
    queue = queue_of(annie, stories=[add_story(title="The lock")])
    assignment = claim(reviewer=annie, queue=queue)
    assert assignment is not None
    pass_on(reviewer=annie, assignment=assignment, reason="I know who wrote it.")
    assert "I know who wrote it." in page(annie)
    assert "I know who wrote it." not in page(person())


def test_a_review_can_be_read_by_its_writer_only() -> None:
    annie, story = person(), add_story(title="The lock")
    passage = {"start": 0, "end": 5, "quote": story.text[:5]}
    words = {"conduct": "misaligned", "intent": "ambiguous", "portrayal": "positive"}
    data = answers(3, flags={"backfire": passage | words}, comment="It <b>waits</b>.")
    mine = review_by(annie, queue_of(annie, person(), stories=[story]), data)
    address = reverse("my_review", args=[mine.pk])
    shown = signed_in(annie).get(address).content.decode()
    assert "It &lt;b&gt;waits&lt;/b&gt;." in shown
    assert "<mark" in shown
    assert "Take it back" in shown
    for other in (person(), person(Role.CURATOR), person(Role.ADMIN)):
        assert signed_in(other).get(address).status_code == 404
    assert signed_in(person(Role.RESEARCHER)).get(address).status_code == 403


def test_the_export_holds_all_of_ones_own_and_no_formula() -> None:
    annie, ben = person(), person()
    queue = queue_of(annie, ben, stories=[add_story(title="=1+1"), add_story()])
    data = answers(comment="-2+3", themes=["boundaries"])
    data["ratings"] |= {"A1": None, "C1": 5}
    mine = review_by(annie, queue, data)
    review_by(ben, queue)
    withdraw(reviewer=annie, review=mine)
    review_by(annie, queue)

    def sent(name: str) -> str:
        answer = signed_in(annie).get(reverse(name))
        assert answer.headers["Content-Disposition"] == f'attachment; filename="my-reviews.{name.rpartition("_")[2]}"'
        return answer.getvalue().decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(sent("my_reviews_csv"))))
    assert [row["withdrawn"] for row in rows] == ["True", "False"]
    assert (rows[0]["title"], rows[0]["comment"]) == ("'=1+1", "'-2+3")
    assert (rows[0]["A1"], rows[0]["C1"], rows[1]["C1"]) == ("N/A", "5", "")
    lines = [json.loads(line) for line in sent("my_reviews_jsonl").splitlines()]
    assert [line["review"] for line in lines] == [int(row["review"]) for row in rows]
    assert lines[0]["ratings"]["A1"] is None
    assert lines[0]["comment"] == "-2+3"
    assert datetime.fromisoformat(lines[0]["submitted_at"]).tzinfo


def test_agreement_is_with_the_first_other_reader_and_leaves_out_where_either_has_no_answer(an_hour_on: None) -> None:
    annie, ben, imani = person(), person(), person()
    queue = queue_of(annie, ben, imani, stories=[add_story()], overlap=3)
    review_by(annie, queue, answers(4))
    unsure = answers(4)
    unsure["ratings"]["A1"] = None
    review_by(ben, queue, unsure)
    review_by(imani, queue, answers(5))
    mine = {row.criterion.key: row for row in alike(annie)}
    assert "A1" not in mine
    assert (mine["B1"].exact.n, mine["B1"].exact.value) == (1, 1)
    assert "A1" not in {row.criterion.key for row in alike(ben)}
    assert {row.criterion.key: row.exact.value for row in alike(imani)}["B1"] == 0
