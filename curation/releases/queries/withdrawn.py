"""What was withdrawn of a dataset, for its pages, its next version and those who downloaded it."""

from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from curation.accounts.models import User
from curation.audit.models import Entry
from curation.releases.models import Dataset, Release, ReleaseItem, WithdrawnStory, WithdrawnVersion
from curation.releases.story_ids import public_id


def withdrawn_of(release: Release) -> QuerySet[WithdrawnStory]:
    """Return the withdrawn stories that this version has, in the order in which they were withdrawn."""
    has = ReleaseItem.objects.filter(release=release, story=OuterRef("story"))
    return named(WithdrawnStory.objects.filter(Exists(has), dataset=release.dataset_id)).order_by("id")


def named(rows: QuerySet[WithdrawnStory]) -> QuerySet[WithdrawnStory]:
    """Return these rows with what names and identifies their stories, and nothing else of them."""
    own = [field.name for field in WithdrawnStory._meta.concrete_fields]
    return rows.select_related("story").only(*own, "story__normal_sha256", "story__text_sha256")


def tombstones(dataset: Dataset) -> list[dict[str, Any]]:
    """Return what `withdrawn.json` of the next version lists: stories and whole versions, each with reason and day."""
    stories = [
        {
            "story_id": public_id(one.story.normal_sha256),
            "sha256": one.story.text_sha256,
            "reason": one.reason,
            "date": one.withdrawn_at.date().isoformat(),
        }
        for one in named(WithdrawnStory.objects.filter(dataset=dataset)).order_by("id")
    ]
    versions = WithdrawnVersion.objects.filter(release__dataset=dataset).select_related("release").order_by("id")
    return [
        *stories,
        *(
            {"version": one.release.version, "reason": one.reason, "date": one.withdrawn_at.date().isoformat()}
            for one in versions
        ),
    ]


def downloaded_and_withdrawn(user: User) -> QuerySet[Release]:
    """Return the versions whose rows this person fetched and of which something was withdrawn, now open to them."""
    fetched = Entry.objects.filter(
        actor=user,
        verb="release.downloaded",
        target_type="releases.release",
        target_id=Cast(OuterRef("pk"), CharField()),
    )
    gone = WithdrawnStory.objects.filter(
        Exists(ReleaseItem.objects.filter(release=OuterRef(OuterRef("pk")), story=OuterRef("story"))),
        dataset=OuterRef("dataset"),
    )
    found = Release.objects.visible_to(user).filter(Q(withdrawn__isnull=False) | Q(Exists(gone)), Exists(fetched))
    return found.select_related("dataset", "withdrawn").defer("manifest", "frozen")
