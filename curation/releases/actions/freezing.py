"""Freezing the rows of a release: after this, its build reads nothing that can still change."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from annotations.actions import finalize_reviews
from annotations.counting import Use
from annotations.models import Decision, Review, ReviewFlag
from annotations.models.decision import FlagVerdict
from annotations.queries.consent import publishing
from annotations.rules import VERDICT
from curation.core.errors import Conflict
from curation.core.leases import Lease
from curation.releases import pseudonyms, splits, tiers
from curation.releases.actions.summary import summary
from curation.releases.models import Dataset, Pseudonym, Release, SplitAssignment
from curation.releases.queries.candidates import Candidate, candidates, plan
from curation.standards.models import AcceptancePolicy
from curation.standards.models.rubric import Severity
from curation.stories.families import clusters, families
from curation.stories.licence_names import spdx
from curation.stories.models import Lineage, Tag
from curation.stories.models.tag import TagKind

BATCH = 2_000
REWRITE = "rewrite"

# As JSON: a release has tens of thousands of rows, and a model instance for each takes longer than to store them.
ADD_ITEMS = """
INSERT INTO releases_releaseitem (release_id, story_id, decision_id, split, tier, weight, review_ids, facts)
SELECT %s, part.* FROM jsonb_to_recordset(%s::jsonb) AS part (story_id bigint, decision_id bigint, split text,
  tier text, weight double precision, review_ids jsonb, facts jsonb)
"""
ADD_SPLITS = """
INSERT INTO releases_splitassignment (dataset_id, story_id, split)
SELECT %s, (part ->> 0)::bigint, part ->> 1 FROM jsonb_array_elements(%s::jsonb) AS part
"""


def public_id(story: int) -> str:
    """Return the id that a story has in all releases."""
    return f"story-{story:08d}"


def freeze(release: Release, lease: Lease) -> None:
    """Freeze the rows of a claimed release, all or nothing; another worker goes on after it.

    Raises `Conflict` or `InvalidInput` with the reason when something stands in the way that did not when it was asked
    for, and `LeaseLost` when another worker has frozen it.
    """
    with lease.storing(long=True):
        wanted = plan(release.dataset, version=release)
        wanted.check(release.number, release.notes)
        assert wanted.policy is not None  # noqa: S101 - tells mypy what holds here  # nosec
        rows = candidates(wanted.policy.rubric)
        if finalize_reviews(stories=[row.story for row in rows]) < len(rows):
            raise Conflict(_("A story that was to go in has just been opened again. Look at it, then retry."))
        release.rubric, release.policy, release.rows_total = wanted.policy.rubric, wanted.policy, len(rows)
        freeze_rows(release, rows, lease)
        release.frozen = summary(release, wanted)
        lease.update(
            rubric=release.rubric,
            policy=release.policy,
            rows_total=release.rows_total,
            rows_done=0,
            frozen=release.frozen,
            attempts=1,
        )


def freeze_rows(release: Release, rows: Sequence[Candidate], lease: Lease) -> None:
    """Store the items of a release, the splits of stories new to its dataset, and pseudonyms of new reviewers."""
    split_of = freeze_splits(release.dataset, rows)
    cluster_of = clusters()
    members: dict[int, int] = defaultdict(int)
    for row in rows:
        members[cluster_of.get(row.story, row.story)] += 1
    reviewers: set[int] = set()
    done = 0
    for part in slices(rows):
        details = Details(release, [row.story for row in part], [row.decision for row in part])
        reviewers |= details.reviewers
        items = []
        for row in part:
            tier, weight = details.tier(row)
            cluster = cluster_of.get(row.story)
            weight /= members[row.story if cluster is None else cluster]
            items.append(
                {
                    "story_id": row.story,
                    "decision_id": row.decision,
                    "split": split_of[row.story],
                    "tier": tier,
                    "weight": weight,
                    "review_ids": details.reviews[row.story],
                    "facts": details.facts(row, None if cluster is None else public_id(cluster)),
                }
            )
        with connection.cursor() as cursor:
            cursor.execute(ADD_ITEMS, [release.pk, json.dumps(items)])
        done += len(part)
        lease.note(rows_done=done)
    name_reviewers(release.dataset, reviewers)


def freeze_splits(dataset: Dataset, rows: Sequence[Candidate]) -> dict[int, str]:
    """Store the splits of stories that are new to the dataset; return the split of every story of the release."""
    stored = dict(SplitAssignment.objects.filter(dataset=dataset).values_list("story_id", "split"))
    keys = {row.story: row.key for row in rows}
    split_of = splits.assign(keys, families(), stored, seed=str(dataset))
    new = [story for story in split_of if story not in stored]
    with connection.cursor() as cursor:
        cursor.execute(ADD_SPLITS, [dataset.pk, json.dumps([[story, split_of[story]] for story in new])])
    return split_of


def name_reviewers(dataset: Dataset, reviewers: Iterable[int]) -> None:
    """Give every reviewer who has none a pseudonym in this dataset."""
    named = dict(dataset.pseudonyms.values_list("user_id", "name"))
    taken = set(named.values())
    for person in sorted(set(reviewers) - named.keys()):
        secret = os.urandom(32)
        while (name := pseudonyms.name_for(secret, str(dataset), person)) in taken:
            secret = os.urandom(32)
        taken.add(name)
        Pseudonym.objects.create(dataset=dataset, user_id=person, secret=secret, name=name)


def slices(rows: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    """Cut rows into batches that fit one statement."""
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


class Details:
    """What is frozen of a batch of stories, fetched in eight statements."""

    def __init__(self, release: Release, stories: Sequence[int], decisions: Sequence[int]) -> None:
        self.rules: Mapping[str, Any] = release.policy.rules
        named = AcceptancePolicy.objects.values_list("pk", "name", "version")
        self.policies = {pk: f"{name} {version}" for pk, name, version in named}
        counting = Review.objects.counting(Use.RELEASE).filter(story__in=stories, rubric=release.rubric)
        commits = counting.order_by("story_id", "id")
        self.reviews: dict[int, list[int]] = defaultdict(list)
        rows = list(commits.values_list("id", "story_id", "reviewer_id"))
        self.reviewers = {reviewer for _review, _story, reviewer in rows}
        consenting = publishing(self.reviewers)
        self.published: dict[int, list[int]] = defaultdict(list)
        for review, story, reviewer in rows:
            self.reviews[story].append(review)
            if reviewer in consenting:
                self.published[story].append(review)
        soft = ReviewFlag.objects.filter(
            review__story__in=stories, review__in=commits.order_by().values("id"), flag__severity=Severity.SOFT
        )
        read = Decision.objects.only(
            "story_id", "policy_id", "decided_by_id", "values", "themes", "reasons", "flag_verdicts"
        )
        self.decisions = read.in_bulk(decisions)
        verdicts = {one.story_id: one.flag_verdicts for one in self.decisions.values()}
        self.softly_flagged = {
            story
            for story, key in soft.values_list("review__story_id", "flag__key")
            if verdicts[story].get(key) != FlagVerdict.DISMISSED
        }
        self.tags: dict[tuple[int, str], set[str]] = defaultdict(set)
        for story, kind, key in Tag.objects.filter(story__in=stories).values_list("story_id", "kind", "key"):
            self.tags[story, kind].add(key)
        self.parents: dict[int, list[tuple[int, str]]] = defaultdict(list)
        descent = Lineage.objects.filter(child__in=stories).order_by("id")
        for child, parent, how in descent.values_list("child_id", "parent_id", "kind"):
            self.parents[child].append((parent, how))

    def tier(self, row: Candidate) -> tuple[str, float]:
        """Return tier and tier weight of a story."""
        values = self.decisions[row.decision].values
        return tiers.tier_of(self.rules.get("tiers") or {}, values, soft_flags=int(row.story in self.softly_flagged))

    def facts(self, row: Candidate, cluster: str | None) -> dict[str, Any]:
        """Return what the release keeps of a story besides its text and its reviews."""
        decision = self.decisions[row.decision]
        twins = [(parent, how) for parent, how in self.parents[row.story] if how != REWRITE]
        return {
            "published": self.published[row.story],
            "license": spdx(row.license) or None,
            "source": row.source,
            "content_notes": sorted(self.tags[row.story, TagKind.NOTE]),
            "principles": sorted(self.tags[row.story, TagKind.PRINCIPLE]),
            "themes": decision.themes,
            # Of the other criteria the decision says that they do not apply to this story.
            "applying": [key for key, value in decision.values.items() if value is not None],
            "duplicate_cluster": cluster,
            "twin_of": public_id(twins[0][0]) if twins else None,
            "twin_kind": twins[0][1] if twins else None,
            "lineage": [{"parent": public_id(parent), "kind": how} for parent, how in self.parents[row.story]],
            "decided_by": "policy" if decision.decided_by_id is None else "adjudicator",
            "policy": self.policies[decision.policy_id],
            "decision_reason": self.reason(decision, len(self.reviews[row.story])),
        }

    def reason(self, decision: Decision, reviews: int) -> str:
        """Say why a story was accepted. An adjudicator's own words are a comment, and comments are not published."""
        if decision.decided_by_id is not None:
            said = " ".join(str(one["text"]) for one in decision.reasons if str(one["rule"]).startswith(VERDICT))
            return f"Accepted by a curator after {reviews} blind reviews. {said}".rstrip()
        passed = [str(reason["text"]) for reason in decision.reasons if reason.get("passed")]
        return " ".join(passed) or f"Accepted by the policy after {reviews} blind reviews."
