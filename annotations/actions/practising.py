"""Practising: rating a story whose expert ratings are known."""

from dataclasses import asdict

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.actions.submitting import check_quotes
from annotations.models import PracticeAttempt, Queue
from annotations.practising import PracticeStory, compare, done_of, round_of
from annotations.queries.practice import as_done, has_practised, latest_attempts
from annotations.schema import Submission, complete
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import NotAllowed
from curation.standards.spec import RubricSpec


class NotPractised(NotAllowed):
    """This queue asks for the practice round first."""

    code = "not_practised"
    title = gettext_lazy("A little practice first")


def practise(*, user: User, story: PracticeStory, submission: Submission, spec: RubricSpec) -> PracticeAttempt:
    """Keep one attempt at a practice story, and say on it whether the round is passed with it.

    `submission` is parsed under the rubric of `spec`. Nobody's review comes of it. Raises `IncompleteReview` for one
    that is not finished, `InvalidInput` for a quote that is not in the story.
    """
    submission = complete(submission, spec, ())
    check_quotes(submission, story.text)
    keys = {criterion.key for criterion in spec.criteria}
    done = done_of(compare(story, submission.ratings or {}, keys), submission.flags)
    with transaction.atomic():
        latest = {key: as_done(attempt) for key, attempt in latest_attempts(user).items()}
        attempt = PracticeAttempt.objects.create(
            user=user,
            story=story.key,
            version=story.version,
            data=asdict(submission),
            compared=done.compared,
            exact=done.exact,
            within_one=done.within_one,
            passed=round_of({**latest, story.key: done}).passed,
        )
        record(actor=user, verb="practice.attempted", target=attempt, story=story.key, passed=attempt.passed)
    return attempt


def check_practised(user: User, queue: Queue) -> None:
    """Raise `NotPractised` if the queue requires the practice round and this person has not passed it."""
    if queue.requires_practice and not has_practised(user):
        raise NotPractised(_("This queue asks its readers to pass the practice round once, before they begin."))
