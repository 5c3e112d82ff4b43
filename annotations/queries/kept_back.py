"""Which entries of the audit log would tell somebody of reviews that they must not know yet."""

from functools import lru_cache

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from annotations.models import Assignment, Decision, Review
from annotations.queries.blindness import CONDITIONS, stories_to_review_blind, to_judge_blind
from curation.accounts.models import User
from curation.audit.models import Entry
from curation.stories.models import Story

# What is about a story by itself, and what is about one of its rows.
ABOUT = {"annotations.assignment": Assignment, "annotations.review": Review, "annotations.decision": Decision}


def entries_kept_from(user: User) -> Q:
    """The condition for others' entries about stories that this person has yet to judge blind."""
    return _entries_kept_from(user.pk)


@lru_cache(maxsize=CONDITIONS)
def _entries_kept_from(person: int) -> Q:
    user = User(pk=person)
    stories = stories_to_review_blind(user).annotate(key=Cast("pk", CharField())).values("key")
    about = Q(target_type="stories.story", target_id__in=stories)
    for kind, model in ABOUT.items():
        rows = model._default_manager.filter(to_judge_blind(user, "story")).order_by()
        about |= Q(target_type=kind, target_id__in=rows.annotate(key=Cast("pk", CharField())).values("key"))
    return about & ~Q(actor=user)


def history_of(story: Story, *, reader: User) -> QuerySet[Entry]:
    """Return what was done to a story, with who did it, as far as `reader` may know."""
    entries = Entry.objects.filter(target_type="stories.story", target_id=str(story.pk))
    return entries.exclude(entries_kept_from(reader)).select_related("actor")


def story_of(entry: Entry) -> int | None:
    """Return the id of the story that an entry is about, itself or through one of its rows; None for other entries."""
    if entry.target_type == "stories.story":
        return int(entry.target_id)
    if model := ABOUT.get(entry.target_type):
        return model._default_manager.filter(pk=entry.target_id).values_list("story", flat=True).first()
    return None
