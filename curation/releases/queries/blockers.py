"""What keeps the next version of a dataset from being made, in words."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.queries.blindness import stories_to_review_blind
from curation.accounts.models import User
from curation.core.quoting import quoted
from curation.releases import licences
from curation.releases.models import Dataset, Release
from curation.releases.models.dataset import Visibility
from curation.releases.models.release import ReleaseState
from curation.releases.queries.fates import Fates
from curation.releases.queries.groups import StoryGroup
from curation.stories.names import name_of

SHOWN = 5
NOTHING_ACCEPTED = gettext_lazy("No story is accepted yet. Stories are accepted in review; then they can be released.")


def blockers(
    dataset: Dataset,
    fates: Fates,
    inside: Sequence[StoryGroup],
    newest: Release | None,
    *,
    narrowed: bool,
    reader: User | None = None,
) -> list[str]:
    """Return what has to be resolved before a release can be created, in words; `narrowed` by what was asked for.

    A `reader` who has stories to judge blind is not told that none goes in: one of those may.
    """
    found: list[str] = []
    if not inside and reader is not None and stories_to_review_blind(reader).exists():
        pass
    elif not inside and narrowed:
        found.append(_("The selection leaves no story in. Ask for more."))
    elif not inside:
        found.append(str(NOTHING_ACCEPTED))
    found += unfinished(newest)
    if dataset.visibility != Visibility.PRIVATE:
        found += licence_problems(dataset, fates, inside)
    return found


def unfinished(newest: Release | None) -> list[str]:
    """Say that the version before is still under way, where it is."""
    if newest is not None and newest.state == ReleaseState.AWAITING:
        text = _("%(version)s awaits approval: wait for it, or take it back on its page.")
        return [text % {"version": newest.version}]
    if newest is not None and newest.state != ReleaseState.BUILT:
        text = _("%(version)s is not finished (%(state)s): wait for it, or retry or abandon it on its page.")
        return [text % {"version": newest.version, "state": newest.get_state_display().lower()}]
    return []


def licence_problems(dataset: Dataset, fates: Fates, inside: Sequence[StoryGroup]) -> list[str]:
    """Name the stories whose licence keeps them out of a public dataset, and say what would let them in."""
    unknown = [group for group in inside if not licences.known(group.license)]
    told = [group for group in inside if licences.known(group.license)]
    kept_out = [group for group in told if not licences.may_go_under(group.license, dataset.license)]
    found: list[str] = []
    if unknown:
        count = sum(group.n for group in unknown)
        text = ngettext(
            "%(count)d story has no known licence and cannot go into a public dataset: %(names)s. Correct the licence "
            "of its source, or release into a private dataset.",
            "%(count)d stories have no known licence and cannot go into a public dataset: %(names)s. Correct the "
            "licence of their source, or release into a private dataset.",
            count,
        )
        found.append(text % {"count": count, "names": named(fates, unknown)})
    if kept_out:
        count = sum(group.n for group in kept_out)
        text = ngettext(
            "%(count)d story cannot go into a public dataset under %(license)s, which asks for less than the story's "
            "own licence: %(names)s.",
            "%(count)d stories cannot go into a public dataset under %(license)s, which asks for less than the "
            "stories' own licences: %(names)s.",
            count,
        )
        said = text % {"count": count, "license": dataset.license, "names": named(fates, kept_out)}
        found.append(f"{said} {way_out(told)}")
    return found


def way_out(told: list[StoryGroup]) -> str:
    """Say which licences a public dataset of these stories could have."""
    fitting = licences.for_all(group.license for group in told)
    if not fitting:
        return _("No licence takes all of them: release them into a private dataset.")
    text = _("A public dataset with all of them needs one of these licences: %(licences)s.")
    return text % {"licences": ", ".join(fitting)}


def named(fates: Fates, found: list[StoryGroup]) -> str:
    """Return titles and licences of the first few stories of these groups, and how many more there are."""
    unknown = _("unknown")
    pairs = {(group.own, group.inherited) for group in found}
    these = reduce(or_, (Q(story__license=own, story__source__license=held) for own, held in pairs))
    rows = (
        fates.decisions()
        .filter(these)
        .values_list("story_id", "story__title", "story__license", "story__source__license")
    )
    shown = [
        f"{quoted(name_of(title, story))} ({own or inherited or unknown})"
        for story, title, own, inherited in rows[:SHOWN]
    ]
    names, more = ", ".join(shown), sum(group.n for group in found) - len(shown)
    return _("%(names)s and %(n)d more") % {"names": names, "n": more} if more else names
