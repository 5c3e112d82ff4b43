"""Freezing the rows of a release: after this, its build reads nothing that can still change."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

import numpy as np
from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy

from annotations.actions import finalize_reviews
from annotations.queries.consent import publishing
from annotations.queries.packed_ratings import unpack
from curation.accounts.models import User
from curation.core.errors import Conflict
from curation.core.leases import Lease
from curation.releases import pseudonyms, splits, tiers
from curation.releases.actions.items import ItemRow, add_items
from curation.releases.actions.summary import Totals, summary
from curation.releases.actions.taking import Candidate, Taken, take
from curation.releases.models import Dataset, Pseudonym, Release, SplitAssignment
from curation.releases.queries.candidates import plan
from curation.releases.queries.outlook import agreed
from curation.releases.queries.rated import rated_reviews
from curation.stories.families import groups, lineage, near_duplicates
from curation.stories.licence_names import spdx
from curation.stories.models import Story

REOPENED = gettext_lazy("A story that was to go in has just been opened again. Look at it, then retry.")

ADD_SPLITS = """
INSERT INTO releases_splitassignment (dataset_id, story_id, split)
SELECT %s, part.* FROM unnest(%s::bigint[], %s::text[]) AS part
"""


def freeze(release: Release, lease: Lease) -> None:
    """Freeze the rows of a claimed release, all or nothing; another worker goes on after it.

    Raises `Conflict` or `InvalidInput` with the reason when something stands in the way that did not when it was asked
    for, and `LeaseLost` when another worker has frozen it.
    """
    with lease.storing(long=True):
        # What takes long and needs nothing to stand still comes first.
        agreement, pairs = agreed(release.rubric), near_duplicates()
        # A story is withdrawn before this, and does not go in, or after it. Once reviews are final, whoever moves one
        # of these stories waits until all is stored, too.
        Dataset.objects.select_for_update(no_key=True).get(pk=release.dataset_id)
        wanted = plan(release.dataset, version=release)
        wanted.check(release.number, release.notes)
        assert wanted.policy is not None  # noqa: S101 - tells mypy what holds here  # nosec
        if wanted.policy.rubric != release.rubric:
            agreement = agreed(wanted.policy.rubric)
        taken = take(wanted, release)
        lease.note(rows_total=len(taken), rows_done=0)
        if finalize_reviews(stories=taken.story) < len(taken):
            raise Conflict(REOPENED)
        release.rubric, release.policy, release.rows_total = wanted.policy.rubric, wanted.policy, len(taken)
        totals = freeze_rows(release, taken, groups([*pairs, *lineage()]), groups(pairs), lease)
        release.frozen = summary(release, wanted, totals, agreement)
        # Not at the end, where the release is locked and its lease cannot be renewed.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        lease.update(
            rubric=release.rubric,
            policy=release.policy,
            rows_total=release.rows_total,
            rows_done=0,
            frozen=release.frozen,
            attempts=1,
        )
        # As the database has it, whose objects are in another order: a build that is gone on with reads that too.
        release.refresh_from_db(fields=["frozen"])


def freeze_rows(
    release: Release, taken: Taken, family_of: Mapping[int, int], cluster_of: Mapping[int, int], lease: Lease
) -> Totals:
    """Store the items of a release, the splits of new stories and the pseudonyms of new reviewers, part by part; return
    what the items add up to.

    `family_of` maps stories that have twins, rewrites or near duplicates to the first of theirs, `cluster_of` those
    that have near duplicates.
    """
    splits_known = family_splits(release.dataset, taken, family_of)
    members = Counter(cluster_of[story] for story in taken.among(cluster_of))
    consenting = publishing(User.objects.values_list("pk", flat=True))
    criteria = list(release.rubric.criteria.values_list("pk", "key"))
    ids, keys = [pk for pk, _key in criteria], [key for _pk, key in criteria]
    totals = Totals(keys)

    @cache
    def weight_of(tier: str) -> float:
        return tiers.weight_of(release.policy.rules.get("tiers") or {}, tier)

    # Of hundreds of thousands of decisions most have the values of another.
    @lru_cache(maxsize=10_000)
    def applying(values: str) -> list[bool]:
        found = json.loads(values)
        return [found.get(key) is not None for key in keys]

    done = 0
    for part in taken.parts():
        rows = part.candidates(release.dataset)
        split_of = freeze_splits(release.dataset, rows, splits_known)
        found = rated_reviews(release.rubric, part.story.tolist(), ids)
        reviews: dict[int, list[int]] = {row.story: [] for row in rows}
        published: dict[int, list[int]] = {row.story: [] for row in rows}
        for story, review, reviewer in found[:, :3].tolist():
            reviews[story].append(review)
            if reviewer in consenting:
                published[story].append(review)
        items = []
        for row, tier in zip(rows, (taken.tiers[place] for place in part.tier), strict=True):
            cluster = cluster_of.get(row.story)
            items.append(
                ItemRow(
                    story=row.story,
                    decision=row.decision,
                    split=split_of[row.story],
                    tier=tier,
                    weight=weight_of(tier) / (1 if cluster is None else members[cluster]),
                    cluster=cluster,
                    license=spdx(row.license) or None,
                    source=row.source,
                    reviews=json.dumps(reviews[row.story]),
                    published=json.dumps(published[row.story]),
                )
            )
        if add_items(release, items) < len(items):
            raise Conflict(REOPENED)
        totals.add_stories(rows, items)
        place = np.searchsorted(part.story, found[:, 0])
        totals.add_reviews(
            found[:, 2], place, unpack(found[:, 3:], len(keys)), np.array([applying(row.values) for row in rows])
        )
        done += len(rows)
        lease.note(rows_done=done)
    name_reviewers(release.dataset, totals.reviews)
    return totals


def family_splits(dataset: Dataset, taken: Taken, family_of: Mapping[int, int]) -> dict[int, str]:
    """Return the splits of those stories of a release that belong together with others."""
    inside = RawSQL("SELECT unnest(%s::bigint[])", [taken.among(family_of)])
    keys = dict(Story.objects.filter(pk__in=inside).values_list("pk", "normal_sha256"))
    others = RawSQL("SELECT unnest(%s::bigint[])", [list(family_of)])
    stored = SplitAssignment.objects.filter(dataset=dataset, story__in=others).values_list("story_id", "split")
    return splits.assign(keys, family_of, dict(stored), seed=str(dataset))


def freeze_splits(dataset: Dataset, rows: Sequence[Candidate], known: Mapping[int, str]) -> dict[int, str]:
    """Store the splits of stories that are new to the dataset; return the split of each of `rows`.

    `known` has the splits of those that belong together with others.
    """
    stored = {row.story: row.split for row in rows if row.split}
    of_family = {row.story: known[row.story] for row in rows if row.story in known}
    split_of = splits.assign({row.story: row.key for row in rows}, {}, {**of_family, **stored}, seed=str(dataset))
    new = [story for story in split_of if story not in stored]
    with connection.cursor() as cursor:
        cursor.execute(ADD_SPLITS, [dataset.pk, new, [split_of[story] for story in new]])
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
