"""The random audit of the pool, and how far people move towards a judge once they have seen what it said."""

from uuid import uuid4

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from annotations.actions import claim, revise, submit
from annotations.models import Item, Queue, Review
from annotations.schema import parse_submission
from annotations.visibility import drawn_to_compare
from curation.accounts.actors import SYSTEM
from curation.accounts.models import Role, User
from curation.audit.models import Entry
from curation.calibration.actions import (
    draw_audit,
    measure,
    reveal_comparison,
)
from curation.calibration.actions.anchored import measure_anchoring
from curation.calibration.models import Anchoring, AuditSample, PoolQuality
from curation.core.errors import Conflict, InvalidInput, NotAllowed
from curation.scoring.actions import ensure_embedded_judge
from curation.stories.actions import add_stories
from tests.builders import (
    add_story,
    answers,
    check,
    checked_stories,
    default_rubric,
    labelled_stories,
    person,
    queue_of,
    review_by,
    source,
)
from tests.integration.test_judge_quality import scored_by, signed_in

pytestmark = pytest.mark.django_db


def audit_of(queue: Queue, reader: User, ratings: dict[int, int]) -> None:
    """Have a reader review every audit item, with these ratings by story, 4 where there is none."""
    while (assignment := claim(reviewer=reader, queue=queue)) is not None:
        submission = parse_submission(answers(ratings.get(assignment.story_id, 4)), assignment.rubric)
        submit(reviewer=reader, assignment=assignment, submission=submission, idempotency_key=uuid4())


def test_a_pool_is_measured_by_a_random_audit_and_the_judge_together() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    # Texts apart from each other: near duplicates would be one family, and nothing could be held out.
    rng = np.random.default_rng(2)
    words = ["".join(rng.choice(list("abdeiklmnorstu"), size=5)) for _ in range(400)]
    rows = [{"text": " ".join(rng.choice(words, size=40)) + "."} for _ in range(60)]
    stories = add_stories(actor=SYSTEM, source=source(), rows=rows)
    check(stories)
    ratings = {story.pk: int(value) for story, value in zip(stories, rng.integers(1, 6, size=60), strict=True)}
    for key in version.rubric.criteria.values_list("key", flat=True):
        scored_by(version, {story: min(5.0, value / 2 + 2) for story, value in ratings.items()}, key)
    reader = person()
    queue = queue_of(reader, overlap=1)
    sample = draw_audit(actor=SYSTEM, queue=queue, stories=35)
    assert (sample.stories, sample.pool) == (35, 60)
    drawn = set(Item.objects.filter(queue=queue, kind="audit").values_list("story_id", flat=True))
    assert drawn != {story.pk for story in stories[:35]}, "one chance in 10^17"
    assert measure(version=version) is False
    url = reverse("judge_quality", args=[version.pk])
    assert "35 stories are drawn for the audit; it takes 30" in signed_in().get(url).content.decode()
    audit_of(queue, reader, ratings)
    assert measure(version=version)
    rows = {row.criterion.key if row.criterion else "": row for row in PoolQuality.objects.select_related("criterion")}
    b1, passing = rows["B1"], rows[""]
    assert (b1.n, b1.judged, b1.lost, passing.n) == (35, 25, 0, 35)
    truth = float(np.mean(list(ratings.values())))
    assert b1.low <= truth <= b1.high
    # The judge knows every rating, so it is as if all 60 were rated: the interval is that much narrower.
    audited = [ratings[story] for story in drawn]
    assert b1.high - b1.low == pytest.approx(2 * 1.96 * np.std(audited, ddof=1) / 60**0.5, rel=0.12)
    assert 0 < passing.low < np.mean([value >= 4 for value in ratings.values()]) < passing.high < 1
    assert (rows["C1"].n, rows["C1"].value) == (0, None)
    page = " ".join(signed_in().get(url).content.decode().split())
    assert "The policy would accept" in page
    assert "From 35 audited stories and the scores of 25 others; 0 drawn without all their reviews." in page
    # What is drawn next is none of those.
    with pytest.raises(InvalidInput, match="Draw 1 to 5000"):
        draw_audit(actor=SYSTEM, queue=queue, stories=5_001)
    assert draw_audit(actor=SYSTEM, queue=queue, stories=5_000).stories == 25
    with pytest.raises(Conflict, match="audited already"):
        draw_audit(actor=SYSTEM, queue=queue, stories=1)


def test_an_audit_is_drawn_on_the_page_by_curators_alone() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    checked_stories(3)
    queue, url = queue_of(), reverse("audit_draw", args=[version.pk])
    client = signed_in()
    answer = client.post(url, {"queue": queue.pk, "stories": 2}, follow=True)
    assert "2 stories were drawn for the audit." in answer.content.decode()
    assert AuditSample.objects.get().drawn_by is not None
    assert Entry.objects.filter(verb="audit.drawn").count() == 1
    refused = client.post(url, {"queue": queue.pk, "stories": 0})
    assert refused.status_code == 422
    assert "<details open" in refused.content.decode()
    assert signed_in(Role.ANNOTATOR).post(url, {"queue": queue.pk, "stories": 1}).status_code == 403
    with pytest.raises(NotAllowed):
        draw_audit(actor=person(), queue=queue, stories=1)
    with pytest.raises(InvalidInput):
        draw_audit(actor=SYSTEM, queue=queue, stories=0)


def test_what_was_not_drawn_measures_nothing() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    labelled_stories([3] * 3)
    Item.objects.update(kind="audit")
    assert measure(version=version)
    assert not PoolQuality.objects.exists()


def revised(reviewer: User, review: Review, value: int) -> None:
    """Say later that everything is worth so much."""
    submission = parse_submission(answers(value), review.rubric)
    revise(reviewer=reviewer, review=review, submission=submission, reason="So.", idempotency_key=uuid4())


def test_how_far_people_move_towards_the_judge_after_a_look_is_measured() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    annie = person()
    stories = [add_story() for _ in range(3)]
    queue = queue_of(annie, stories=stories, overlap=1, reveal=True)
    for key in version.rubric.criteria.values_list("key", flat=True):
        scored_by(version, {story.pk: 2.0 for story in stories}, key)
    reviews = [review_by(annie, queue, answers(4)) for _ in stories]
    measure_anchoring(version=version)
    assert Anchoring.objects.get().seen == 0
    for review in reviews[:2]:
        reveal_comparison(actor=annie, review=Review.objects.get(pk=review.pk), judge=version.judge)
    revised(annie, reviews[0], 3)
    measure_anchoring(version=version)
    found = Anchoring.objects.get()
    # One of two came a point nearer on every criterion.
    assert (found.seen, found.revised, found.moved) == (2, 1, 0.5)
    assert (found.n_shown, found.n_hidden, found.shown) == (0, 0, None)
    page = " ".join(signed_in().get(reverse("judge_quality", args=[version.pk])).content.decode().split())
    assert "2 reviews were compared with it, and 1 revised after that." in page


def test_a_queue_draws_who_is_shown_the_comparison_and_both_arms_are_told_apart() -> None:
    version = ensure_embedded_judge(rubric=default_rubric())
    annie, ben = person(), person()
    stories = [add_story() for _ in range(6)]
    queue = queue_of(annie, ben, stories=stories, overlap=2, reveal=True)
    Queue.objects.update(comparison_share=50)
    for key in version.rubric.criteria.values_list("key", flat=True):
        scored_by(version, {story.pk: 2.0 for story in stories}, key)
    shown = 0
    for reader in (annie, ben):
        client = Client()
        client.force_login(reader)
        for _ in stories:
            review = review_by(reader, queue, answers(4))
            drawn = drawn_to_compare(assignment=review.assignment_id, share=50)
            shown += drawn
            assert client.get(reverse("comparison", args=[review.pk])).status_code == (200 if drawn else 403)
            done = client.get(reverse("review_done", args=[review.pk])).content.decode()
            assert (reverse("comparison", args=[review.pk]) in done) is drawn
            if drawn:
                revised(reader, review, 3)
    measure_anchoring(version=version)
    found = Anchoring.objects.get()
    assert (found.n_shown, found.n_hidden) == (shown, 12 - shown)
    assert (found.shown, found.hidden, found.difference) == (1, 0, 1)
    page = " ".join(signed_in().get(reverse("judge_quality", args=[version.pk])).content.decode().split())
    assert "The comparison, drawn by chance" in page
