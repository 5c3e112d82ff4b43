"""Queues, the work of reviewers, adjudicating and decisions."""

from typing import Any

from annotations.actions import claim
from annotations.material import consent_version
from annotations.models import Decision
from curation.accounts.models import Role
from curation.triage.models import Fill
from tests.builders import add_story, adjudicated_story, answers, check, disputed_story, person, queue_of, review_by

TABLE = """
queues GET                | read   | 200
queues POST               | curate | 403 403 201 201
queue GET                 | read   | 404 404 200 200
queue PATCH               | curate | 403 403 200 200
queue_progress GET        | read   | 404 404 200 200
queue_passes GET          | read   | 403 403 200 200
members GET               | read   | 403 403 200 200
members POST              | curate | 403 403 200 200
member DELETE             | curate | 403 403 204 204
queue_judges GET          | read   | 403 403 200 200
queue_judges PUT          | curate | 403 403 200 200
queue_fitting POST        | read   | 403 403 200 200
fills GET                 | read   | 403 403 200 200
fills POST                | curate | 403 403 202 202
fill GET                  | read   | 403 403 200 200
fill DELETE               | curate | 403 403 204 204
fill_retry POST           | curate | 403 403 202 202
claims POST               | review | 404 404 403 200
assignments GET           | read   | 200
assignment GET            | read   | 404 404 404 200
assignment_resume POST    | review | 404 404 404 200
draft GET                 | read   | 404 404 404 200
draft PUT                 | review | 404 404 404 200
assignment_review POST    | review | 404 404 404 201
assignment_pass POST      | review | 404 404 404 200
assignment_pass DELETE    | review | 404 404 404 200
reviews GET               | read   | 200 403 200 200
review GET                | read   | 404 403 404 200
review_withdrawal POST    | review | 404 404 404 201
review_revisions GET      | read   | 404 403 404 200
review_revisions POST     | review | 404 404 404 409
review_comparison GET     | read   | 404
review_comparison POST    | review | 404 404 404 204
consent GET               | read   | 200
consent POST              | review | 201 403 201 201
practice GET              | read   | 200
practice_story GET        | read   | 200
practice_attempts GET     | read   | 404
practice_attempts POST    | review | 201
guidelines GET            | read   | 200
adjudications GET         | read   | 403 403 200 200
adjudication GET          | read   | 403 403 200 200
adjudication POST         | curate | 403 403 201 201
decisions GET             | read   | 403 403 200 200
decision GET              | read   | 403 403 200 200
decision_undo POST        | curate | 403 403 404 201
"""


def about(world: Any) -> dict[str, dict[str, Any]]:
    admin, other = world.people[Role.ADMIN], person()
    queue = queue_of(admin, other, stories=[add_story() for _ in range(3)], reveal=True)
    review = review_by(admin, queue)
    assignment = claim(reviewer=admin, queue=queue)
    assert assignment is not None
    fill = Fill.objects.create(queue=queue, selection={}, total=1, state="failed", created_by=admin)
    add_story()
    check([])
    torn = disputed_story()
    made = Decision.objects.get(story=adjudicated_story(admin, "reject"), decided_by=admin)
    slug, of_assignment, of_review = {"slug": queue.slug}, {"pk": assignment.pk}, {"pk": review.pk}
    of_fill = {**slug, "pk": fill.pk}
    rooms = ("queue", "queue_progress", "queue_passes", "members", "queue_judges", "queue_fitting", "fills", "claims")
    assignments = ("assignment", "assignment_resume", "draft", "assignment_review", "assignment_pass")
    reviews = ("review", "review_withdrawal", "review_revisions", "review_comparison")
    return {
        **dict.fromkeys(rooms, slug),
        **dict.fromkeys(assignments, of_assignment),
        **dict.fromkeys(reviews, of_review),
        **{key: {"number": 1} for key in ("practice_story", "practice_attempts")},
        "adjudication": {"story_id": torn.pk},
        **{key: {"pk": made.pk} for key in ("decision", "decision_undo")},
        "member": {**slug, "username": other.username},
        "fill": of_fill,
        "fill_retry": of_fill,
    }


def sent(world: Any) -> dict[str, Any]:
    return {
        "queues POST": {"name": "For a test"},
        "queue PATCH": {"state": "paused"},
        "members POST": {"usernames": [world.people[Role.CURATOR].username]},
        "queue_judges PUT": {"orders": None, "shows": None},
        "draft PUT": {"answers": answers(), "version": 0},
        "assignment_review POST": answers(),
        "consent POST": {"version": consent_version(), "publish": True},
        "practice_attempts POST": answers(),
        "adjudication POST": {"outcome": "accept", "note": "Both have a point."},
        "assignment_pass POST": {"reason": "The text is broken"},
        "review_revisions POST": {**answers(), "reason": "Seen otherwise now."},
    }
