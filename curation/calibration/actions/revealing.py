"""The only way by which anybody is shown scores: who has seen one cannot judge that story blind any more."""

from collections.abc import Callable

from django.db import transaction

from annotations.actions import recuse
from annotations.actions.seats import one_at_a_time
from annotations.models import Review
from annotations.queries.blindness import has_seen_scores
from annotations.queries.history import load_review
from curation.accounts.models import User
from curation.audit.actions import record
from curation.calibration.comparing import Comparison, compare
from curation.calibration.models import Exposure
from curation.calibration.permissions import check_can_ask_for_scores, check_can_compare
from curation.scoring.findings import JudgeFindings, findings_for_story
from curation.scoring.models import Judge
from curation.scoring.values import StoryScore, scores_for_story
from curation.standards.models import Rubric
from curation.stories.models import Story


def reveal_scores(
    *,
    user: User,
    story: Story,
    rubric: Rubric,
    where: str,
    judge: Judge | None = None,
    check_again: Callable[[], None] | None = None,
) -> list[StoryScore]:
    """Record that `user` sees the scores of `story`, recuse them from it, and return the scores.

    Those of one judge, or of every one (None), judge after judge, in the rubric's order and the reader's language.
    Nothing is recorded where no model has scored the story, and nothing new for who has seen them before. `where` is
    the page ("comparison", "story"). Where it is new, `check_again` is called while nothing else can be done as this
    person; what it raises keeps the scores from being shown.
    """
    scores = scores_for_story(story.pk, rubric, judge)
    if scores and not has_seen_scores(user, story):
        with transaction.atomic():
            one_at_a_time(user.pk)
            if check_again:
                check_again()
            judges = {score.version.judge_id for score in scores}
            whose = {"where": where, "judge_id": judges.pop() if len(judges) == 1 else None}
            recusal = recuse(user=user, story=story)
            _, created = Exposure.objects.get_or_create(recusal=recusal, defaults=whose)
            if created:
                record(actor=user, verb="scores.seen", target=story, where=where)
    return scores


def ask_for_scores(*, user: User, story: Story, rubric: Rubric, where: str) -> list[StoryScore]:
    """Show the scores of `story` to a person who asks for them, and record it.

    Raises `NotAllowed` for who is no curator, `Conflict` while they read the story.
    """
    check_can_ask_for_scores(actor=user, story=story)
    return reveal_scores(user=user, story=story, rubric=rubric, where=where)


def reveal_findings(*, user: User, story: Story, rubric: Rubric) -> list[JudgeFindings]:
    """Return what language models saw in `story` besides its scores, for who has been shown those; else nothing."""
    return findings_for_story(story, rubric) if has_seen_scores(user, story) else []


def reveal_comparison(*, actor: User, review: Review, judge: Judge | None) -> Comparison | None:
    """Return the reviewer's own committed review beside what `judge` said; None where it did not score the story.

    `review` is loaded in full (`annotations.queries.history.load_review`). Raises `NotFound` or `NotAllowed` as
    `check_can_compare` does.
    """
    check_can_compare(actor=actor, review=review)
    if judge is None:
        return None
    scores = reveal_scores(
        user=actor,
        story=review.story,
        rubric=review.rubric,
        where="comparison",
        judge=judge,
        # Whoever takes the review back takes the same lock, so that it is the one or the other.
        check_again=lambda: check_can_compare(actor=actor, review=load_review(actor, review.pk)),
    )
    return compare(review, scores) if scores else None
