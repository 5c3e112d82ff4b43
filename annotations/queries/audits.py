"""What the audit, or a re-rating, found: stories whose items of it have all their reviews, and what each came to."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import Greatest

from annotations import rules
from annotations.models import Item, Queue, Review
from annotations.models.queue import ItemKind
from annotations.queries.decisions import COMMIT_COLUMNS, as_commits, commit_of, in_review
from curation.standards.models import Rubric
from curation.standards.spec import spec_of
from curation.stories.models import Tag


@dataclass(frozen=True)
class AuditedStories:
    """Of each audited story (n) its id, the mean rating by criterion, and whether the policy would accept it.

    `lost` counts the other audit items: not yet read by all, passed on, or taken out of the queue. A story that
    somebody has yet to judge, in whatever queue, is among them.
    """

    stories: list[int]
    values: list[dict[str, float | None]]
    passed: list[bool]
    lost: int


def audited(rubric: Rubric, *, queues: Collection[int], most: int, kind: ItemKind = ItemKind.AUDIT) -> AuditedStories:
    """The newest `most` complete audits of these queues, each judged by its queue's policy on its own reviews alone.

    With another `kind`, its items in place of the audit's.
    """
    items = Item.objects.filter(queue__in=queues, queue__rubric=rubric, kind=kind)
    live = Q(
        assignments__reviews__kind="commit",
        assignments__reviews__withdrawal__isnull=True,
        assignments__reviews__isnull=False,
    )
    counted = items.annotate(said=Count("assignments__reviews", filter=live))
    read = counted.filter(said__gte=Greatest(F("seats"), 1)).exclude(in_review("story"))
    complete = dict(read.order_by("-id").values_list("pk", "queue_id")[:most])
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    reviews = Review.objects.live_commits().filter(assignment__item__in=list(complete)).order_by("id")
    for row in as_commits(reviews).values("assignment__item_id", "story_id", *COMMIT_COLUMNS).iterator(chunk_size=500):
        rows[row["assignment__item_id"]].append(row)
    policies = {queue.pk: queue.policy.rules for queue in Queue.objects.filter(pk__in=queues).select_related("policy")}
    tagged: dict[int, set[str]] = defaultdict(set)
    stories = [found[0]["story_id"] for found in rows.values()]
    for story, key in Tag.objects.filter(story__in=stories, kind="theme").values_list("story_id", "key"):
        tagged[story].add(key)
    spec = spec_of(rubric)
    results = [
        rules.decide(
            commits=[commit_of(row) for row in found],
            criteria=spec.criteria,
            flags=spec.flags,
            tagged=frozenset(tagged[found[0]["story_id"]]),
            policy=policies[complete[item]],
        )
        for item, found in rows.items()
    ]
    return AuditedStories(
        stories=stories,
        values=[result.values for result in results],
        passed=[result.outcome == "accept" for result in results],
        lost=items.count() - len(complete),
    )
