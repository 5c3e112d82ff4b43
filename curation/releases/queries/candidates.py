"""What would go into the next version of a dataset, and what stands in the way."""

from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.models import Decision
from annotations.models.decision import Outcome
from curation.releases import licences, schema, versions
from curation.releases.models import Dataset, Release
from curation.releases.models.dataset import Visibility
from curation.releases.models.release import ReleaseState
from curation.releases.versions import Version
from curation.standards.models import AcceptancePolicy
from curation.stories.stages import State

SHOWN = 5


class Candidate(NamedTuple):
    """An accepted story with its decision. `license` is the story's own or else its source's."""

    story: int
    decision: int
    policy: int
    rubric: int
    license: str
    source: str
    key: str
    title: str

    @property
    def named(self) -> str:
        """The story's title, or what it is called without one."""
        return self.title or self.untitled(self.story)

    @staticmethod
    def untitled(story: int) -> str:
        """What a story without a title is called."""
        return _("Story %(pk)s") % {"pk": story}


@dataclass(frozen=True)
class Plan:
    """The next version as it stands now.

    `left_out` counts accepted stories that were judged under another rubric; `added_stories` and `removed_stories`
    (ids) compare with `previous`. `blockers` says what has to be settled first; with none a release can be cut.
    """

    dataset: Dataset
    stories: list[Candidate]
    policy: AcceptancePolicy | None
    previous: Release | None
    left_out: int
    added_stories: list[Candidate]
    removed_stories: list[int]
    breaking: bool
    blockers: list[str] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many stories the previous version does not have."""
        return len(self.added_stories)

    @property
    def removed(self) -> int:
        """How many stories of the previous version are no longer in."""
        return len(self.removed_stories)

    @property
    def least(self) -> Version:
        """The smallest version that does not understate the change."""
        if self.previous is None:
            return Version(0, 1, 0)
        return versions.least_next(self.previous.number, breaking=self.breaking, added=self.added > 0)

    @property
    def unchanged(self) -> str:
        """What to say when the stories are those of the previous version; empty when they are not."""
        if self.previous is None or self.added or self.removed or self.breaking:
            return ""
        text = _(
            "The stories are the same as in %(version)s. A new version makes sense for corrections, of titles, tags, "
            "licences or ratings: say in its notes what was corrected."
        )
        return text % {"version": self.previous.version}

    def refuses(self, version: Version, notes: str) -> str:
        """Return why `version` may not be next, or an empty string."""
        if self.previous is None:
            return ""
        low = versions.understates(version, self.previous.number, breaking=self.breaking, added=self.added > 0)
        return low or ("" if notes.strip() else self.unchanged)


def accepted() -> QuerySet[Decision]:
    """The decisions in force that accept a story which has not been reopened since."""
    return Decision.objects.filter(
        outcome=Outcome.ACCEPT, superseded_by__isnull=True, story__stage__state=State.ACCEPTED
    ).order_by("story_id")


def candidates() -> list[Candidate]:
    """Return all accepted stories, by story."""
    rows = accepted().values_list(
        "story_id",
        "pk",
        "policy_id",
        "policy__rubric_id",
        "story__license",
        "story__source__license",
        "story__source__name",
        "story__normal_sha256",
        "story__title",
    )
    return [
        Candidate(story, decision, policy, rubric, own or inherited, source, key, title)
        for story, decision, policy, rubric, own, inherited, source, key, title in rows
    ]


def plan(dataset: Dataset) -> Plan:
    """Work out the next version of a dataset, in at most five statements."""
    found = candidates()
    # The newest rubric in use is the release's; ratings by another cannot stand in the same columns.
    rubric = max((row.rubric for row in found), default=None)
    stories = [row for row in found if row.rubric == rubric]
    policy_id = max((row.policy for row in stories), default=0)
    policy = AcceptancePolicy.objects.select_related("rubric").filter(pk=policy_id).first()
    releases = dataset.releases.select_related("dataset").order_by("-major", "-minor", "-patch")
    previous = releases.first()
    before = set(previous.items.values_list("story_id", flat=True)) if previous else set()
    breaking = (
        previous is not None
        and bool(stories)
        and (previous.frozen.get("schema") != schema.VERSION or previous.policy_id != policy_id)
    )
    return Plan(
        dataset=dataset,
        stories=stories,
        policy=policy,
        previous=previous,
        left_out=len(found) - len(stories),
        added_stories=[row for row in stories if row.story not in before],
        removed_stories=sorted(before - {row.story for row in stories}),
        breaking=breaking,
        blockers=blockers(dataset, stories, previous),
    )


def blockers(dataset: Dataset, stories: list[Candidate], previous: Release | None) -> list[str]:
    """Return what has to be settled before a release can be cut, in words."""
    found: list[str] = []
    if not stories:
        found.append(_("No story is accepted yet. Stories are accepted in review; then they can be released."))
    if previous is not None and previous.state != ReleaseState.BUILT:
        text = _("%(version)s is not finished (%(state)s): wait for it, or retry it on its page.")
        found.append(text % {"version": previous.version, "state": previous.get_state_display().lower()})
    if dataset.visibility == Visibility.PUBLIC:
        found += licence_problems(dataset, stories)
    return found


def licence_problems(dataset: Dataset, stories: list[Candidate]) -> list[str]:
    """Name the stories whose licence keeps them out of a public dataset, and say what would let them in."""
    unknown = [row for row in stories if not licences.known(row.license)]
    told = [row for row in stories if licences.known(row.license)]
    kept_out = [row for row in told if not licences.may_go_under(row.license, dataset.license)]
    found: list[str] = []
    if unknown:
        text = ngettext(
            "%(count)d story has no known licence and cannot go into a public dataset: %(names)s. Correct the licence "
            "of its source, or release into a private dataset.",
            "%(count)d stories have no known licence and cannot go into a public dataset: %(names)s. Correct the "
            "licence of their source, or release into a private dataset.",
            len(unknown),
        )
        found.append(text % {"count": len(unknown), "names": named(unknown)})
    if kept_out:
        text = ngettext(
            "%(count)d story cannot go into a public dataset under %(license)s, which asks for less than the story's "
            "own licence: %(names)s.",
            "%(count)d stories cannot go into a public dataset under %(license)s, which asks for less than the "
            "stories' own licences: %(names)s.",
            len(kept_out),
        )
        said = text % {"count": len(kept_out), "license": dataset.license, "names": named(kept_out)}
        found.append(f"{said} {way_out(told)}")
    return found


def way_out(stories: list[Candidate]) -> str:
    """Say which licences a public dataset of these stories could have."""
    fitting = licences.for_all(row.license for row in stories)
    if not fitting:
        return _("No licence takes all of them: release them into a private dataset.")
    text = _("A public dataset with all of them needs one of these licences: %(licences)s.")
    return text % {"licences": ", ".join(fitting)}


def named(rows: list[Candidate]) -> str:
    """Return titles and licences of the first few stories, and how many more there are."""
    unknown = _("unknown")
    shown = [f"“{row.named}” ({row.license or unknown})" for row in rows[:SHOWN]]
    names, more = ", ".join(shown), len(rows) - len(shown)
    return _("%(names)s and %(n)d more") % {"names": names, "n": more} if more else names
