"""What a release's card says of its rows, frozen with them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Exists, OuterRef
from django.utils import timezone

from curation.releases import schema
from curation.releases.actions.items import ItemRow
from curation.releases.actions.taking import Candidate
from curation.releases.diff import compare
from curation.releases.models import Release
from curation.releases.models.release import COMPLETE, ReleaseState
from curation.releases.prior import prior_for
from curation.releases.queries.candidates import ReleasePlan
from curation.releases.queries.quality import judge_figures, newest_measured
from curation.releases.queries.selected import selected
from curation.releases.queries.withdrawn import tombstones
from curation.releases.rating_figures import RatingFigures
from curation.scoring.models import JudgeVersion, ScoreJob
from curation.scoring.models.job import JobState
from curation.standards.actions import freeze
from curation.standards.models import Constitution, Rubric


class Totals:
    """What there is of every kind in a release, counted while its rows are stored; `reviews` is by reviewer."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.words, self.stories = 0, 0
        self.reviews: Counter[int] = Counter()
        names = ("splits", "tiers", "languages", "generators", "sources", "licenses")
        self.by: dict[str, Counter[str]] = {name: Counter() for name in names}
        self.ratings = RatingFigures(keys)

    def add_stories(self, stories: Sequence[Candidate], rows: Sequence[ItemRow]) -> None:
        """Count stories with the rows that they have become."""
        self.stories += len(rows)
        self.words += sum(story.n_words for story in stories)
        for name, values in (
            ("splits", (row.split for row in rows)),
            ("tiers", (row.tier for row in rows)),
            ("languages", (story.language for story in stories)),
            ("generators", (story.generator for story in stories)),
            ("sources", (row.source for row in rows)),
            ("licenses", (row.license or "" for row in rows)),
        ):
            self.by[name].update(values)

    def add_reviews(
        self,
        reviewers: npt.NDArray[np.int64],
        story: npt.NDArray[np.intp],
        ratings: npt.NDArray[np.int8],
        applying: npt.NDArray[np.bool_],
    ) -> None:
        """Count the reviews of these stories; `story`, `ratings` and `applying` are as in `RatingFigures.add`."""
        self.reviews.update(reviewers.tolist())
        self.ratings.add(story, ratings, applying)

    def counts(self) -> dict[str, Any]:
        """Return how many stories there are of every kind, and how many people reviewed them."""
        return {
            "stories": self.stories,
            "words": self.words,
            "reviews": self.reviews.total(),
            "annotators": len(self.reviews),
            **{name: dict(found) for name, found in self.by.items()},
            "ratings": self.ratings.counts(),
        }


def summary(release: Release, plan: ReleasePlan, totals: Totals, agreement: Mapping[str, Any]) -> dict[str, Any]:
    """Return `Release.frozen`: everything besides the items that build and verify read."""
    dataset, policy = release.dataset, release.policy
    today = timezone.now().astimezone(UTC).date().isoformat()
    keys = [part.key for part in release.rubric.criteria.all()]
    frozen = {
        "version": release.version,
        "date": today,
        "schema": schema.VERSION,
        "seed": str(dataset),
        "dataset": {
            "org": dataset.org,
            "name": dataset.name,
            "title": dataset.title,
            "description": dataset.description,
            "authors": dataset.authors,
            "doi": dataset.doi,
            "license": dataset.license,
            "visibility": dataset.visibility,
        },
        "rubric": rubric_as_data(release.rubric),
        "policy": {"name": policy.name, "version": policy.version, "rules": policy.rules},
        "selection": selected(release),
        "constitution": constitution_as_data(),
        "judges": judges(release.rubric),
        "quality": quality.as_data() if (quality := newest_measured(dataset)) else None,
        "counts": totals.counts(),
        "pool": (pool := totals.ratings.pool()),
        "prior": prior_for(release.version, pool, corrected(release, plan.previous)),
        "agreement": agreement,
        "formats": release.formats,
        "changelog": changelog(release, plan, today),
        "withdrawn": tombstones(dataset),
        "columns": {
            config: [[part.name, str(part.type)] for part in schema.columns(config, keys)] for config in schema.CONFIGS
        },
    }
    return {**frozen, "changes": changes(release, frozen, plan.previous)}


def corrected(release: Release, previous: Release | None) -> dict[str, Any] | None:
    """Return what was frozen of the version that a PATCH corrects; None for any other version."""
    if previous is None or previous.state not in COMPLETE or previous.number[:2] != release.number[:2]:
        return None
    frozen: dict[str, Any] = previous.frozen
    return frozen


def changes(release: Release, frozen: dict[str, Any], previous: Release | None) -> dict[str, Any] | None:
    """Return what differs from the version before, for the card; None of a first one."""
    if previous is None or previous.state not in COMPLETE:
        return None
    release.frozen = frozen
    return compare(previous, release).as_data()


def rubric_as_data(rubric: Rubric) -> dict[str, Any]:
    """Return the rubric as the card shows it, with the ids that ratings name."""
    return {
        "name": rubric.name,
        "version": rubric.version,
        "criteria": [
            {"id": part.pk, "key": part.key, "name": part.name, "question": part.question, "anchors": part.anchors}
            for part in rubric.criteria.all()
        ],
        "flags": list(rubric.flags.values("key", "name", "description", "severity")),
    }


def constitution_as_data() -> dict[str, Any] | None:
    """Return the constitution in force, freezing it; None when none is installed."""
    constitution = Constitution.objects.order_by("-id").first()
    if constitution is None:
        return None
    freeze(standard=constitution)
    about = {"name": constitution.name, "version": constitution.version, "language": constitution.language}
    words = ("key", "name", "statement", "looks_like", "fails_when")
    return {**about, "summary": constitution.summary, "principles": list(constitution.principles.values(*words))}


def judges(rubric: Rubric) -> list[dict[str, Any]]:
    """Return the judge versions that have scored stories by this rubric."""
    used = ScoreJob.objects.filter(judge_version=OuterRef("pk"), state=JobState.DONE)
    found = JudgeVersion.objects.filter(Exists(used), rubric=rubric).order_by("id")
    versions = list(
        found.select_related("judge", "calibration", "provider", "constitution").defer("model_artifact", "parameters")
    )
    figures = judge_figures(versions)
    return [
        {
            "id": version.pk,
            "judge": version.judge.key,
            "version": version.number,
            "model": version.model,
            "calibration_status": version.calibration_status,
            "labels": version.n_labels,
            **figures[version.pk],
            **asked(version),
        }
        for version in versions
    ]


def asked(version: JudgeVersion) -> dict[str, Any]:
    """Return how a version asked its language model; nothing for one that asked none."""
    if version.provider is None:
        return {}
    return {
        "provider": version.provider.name,
        "prompt_version": version.prompt_version,
        "prompt_of_its_own": version.prompt != "",
        "constitution": str(version.constitution),
        "samples": version.samples,
        "temperature": version.temperature,
        "effort": version.effort,
    }


def changelog(release: Release, plan: ReleasePlan, today: str) -> list[dict[str, Any]]:
    """Return one entry per version up to this one, newest first."""
    policy, rubric = release.policy, release.rubric
    entry = {
        "version": release.version,
        "date": today,
        "notes": release.notes,
        "stories": plan.stories,
        "added": plan.added,
        "removed": plan.removed,
        "rubric": f"{rubric.name} {rubric.version}",
        "policy": f"{policy.name} {policy.version}",
    }
    earlier = plan.previous.frozen["changelog"] if plan.previous and plan.previous.state == ReleaseState.BUILT else []
    return [entry, *earlier]
