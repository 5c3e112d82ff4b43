"""What a release's card says of its rows, frozen with them."""

from collections import Counter
from datetime import UTC
from typing import Any

from django.db.models import Count, Exists, OuterRef, Sum
from django.utils import timezone

from annotations.models import Review
from curation.releases import schema
from curation.releases.models import Release
from curation.releases.models.release import ReleaseState
from curation.releases.queries.candidates import ReleasePlan
from curation.releases.queries.outlook import agreed
from curation.releases.queries.pool import pool_figures, rating_counts
from curation.scoring.models import JudgeVersion, ScoreJob
from curation.scoring.models.job import JobState
from curation.standards.actions import freeze
from curation.standards.models import Constitution, Rubric


def summary(release: Release, plan: ReleasePlan) -> dict[str, Any]:
    """Return `Release.frozen`: everything besides the items that build and verify read."""
    dataset, policy = release.dataset, release.policy
    today = timezone.now().astimezone(UTC).date().isoformat()
    return {
        "version": release.version,
        "date": today,
        "schema": schema.VERSION,
        "seed": str(dataset),
        "dataset": {
            "org": dataset.org,
            "name": dataset.name,
            "title": dataset.title,
            "description": dataset.description,
            "license": dataset.license,
            "visibility": dataset.visibility,
        },
        "rubric": rubric_as_data(release.rubric),
        "policy": {"name": policy.name, "version": policy.version, "rules": policy.rules},
        "constitution": constitution_as_data(),
        "judges": judges(release.rubric),
        "counts": counts(release),
        "pool": pool_figures(release),
        "agreement": agreed(release.rubric),
        "changelog": changelog(release, plan, today),
    }


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
    principles = list(constitution.principles.values("key", "name", "statement"))
    return {"name": constitution.name, "version": constitution.version, "principles": principles}


def judges(rubric: Rubric) -> list[dict[str, Any]]:
    """Return the judge versions that have scored stories by this rubric."""
    used = ScoreJob.objects.filter(judge_version=OuterRef("pk"), state=JobState.DONE)
    found = JudgeVersion.objects.filter(Exists(used), rubric=rubric).order_by("id")
    return [
        {
            "id": version.pk,
            "judge": version.judge.key,
            "version": version.number,
            "model": version.model,
            "calibration_status": version.calibration_status,
            "labels": version.n_labels,
        }
        for version in found.select_related("judge").defer("model_artifact", "prompt", "parameters")
    ]


def counts(release: Release) -> dict[str, Any]:
    """Return how many stories there are of every kind, and how many people reviewed them."""
    items = release.items.order_by()

    def by(field: str) -> dict[str, int]:
        return {str(value or ""): n for value, n in items.values_list(field).annotate(n=Count("pk")).order_by(field)}

    review_ids = [review for chosen in items.values_list("review_ids", flat=True) for review in chosen]
    people = Counter(Review.objects.filter(pk__in=review_ids).values_list("reviewer_id", flat=True))
    return {
        "stories": items.count(),
        "words": items.aggregate(words=Sum("story__n_words"))["words"] or 0,
        "reviews": len(review_ids),
        "annotators": len(people),
        "splits": by("split"),
        "tiers": by("tier"),
        "languages": by("story__language"),
        "generators": by("story__generator"),
        "sources": by("facts__source"),
        "licenses": by("facts__license"),
        "ratings": rating_counts(release),
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
