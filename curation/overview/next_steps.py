"""What most needs a curator, the most urgent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.queries import awaiting_adjudication
from curation.access.models import Grant
from curation.access.queries.grants import awaiting_decision
from curation.accounts.models import User
from curation.erasure.finding import needing
from curation.erasure.models import Purge
from curation.erasure.models.purge import PurgeState
from curation.overview.queue_cards import QueueCard
from curation.overview.under_way import Kind, Work
from curation.releases.models import Approval
from curation.releases.queries.approvals import waiting_for
from curation.releases.queries.candidates import unreleased
from curation.research.queries.outcomes import outcomes_to_decide
from curation.research.queries.reports import reports_to_answer
from curation.stories.stages import State

# An open queue with fewer stories left than this soon has none for its reviewers.
RUNS_DRY = 3
MOST_APPROVALS = 5
StepKind = Literal[
    "stopped", "approve", "purge", "grant", "adjudicate", "report", "outcome", "refill", "queue", "blocked", "release"
]
STOPPED: dict[Kind, Any] = {
    "import": gettext_lazy("The import of %(name)s stopped"),
    "fill": gettext_lazy("Adding stories to %(name)s stopped"),
    "release": gettext_lazy("The build of %(name)s failed"),
}


@dataclass(frozen=True)
class NextStep:
    """One thing to do: `n` of what `text` says, at `url`; None for a single thing."""

    kind: StepKind
    n: int | None
    text: str
    url: str

    @property
    def figure(self) -> str:
        """How many, as a page shows it."""
        return "!" if self.n is None else number_format(self.n, force_grouping=True)


def next_steps(
    user: User, *, work: Sequence[Work], cards: Sequence[QueueCard], counts: Mapping[State, int]
) -> list[NextStep]:
    """Return what needs a curator: what stopped, what reviewers wait for, what can go on, what can be mended.

    `counts` are the stories by the state that this person is told.
    """
    accepted = unreleased(user).count() if counts.get(State.ACCEPTED) else 0
    return [
        # What could not be scored needs nobody: people can rate it all the same.
        *(NextStep("stopped", None, _stopped(one), one.url) for one in work if one.stopped and one.kind in STOPPED),
        *(NextStep("approve", None, _awaited(one), _page_of(one)) for one in waiting_for(user)[:MOST_APPROVALS]),
        *(NextStep("purge", None, _purge(one), reverse("purge", args=[one.pk])) for one in needing(user)),
        *(NextStep("grant", None, _asked_by(one), _terms_of(one)) for one in awaiting_decision(user)[:MOST_APPROVALS]),
        *_counted(awaiting_adjudication(user).count(), "adjudicate"),
        *_counted(reports_to_answer(user).count(), "report"),
        *_counted(outcomes_to_decide(user).count(), "outcome"),
        *_dry(work, cards),
        *_counted(counts.get(State.SCORED, 0) + counts.get(State.CHECKED, 0), "queue"),
        *_counted(counts.get(State.BLOCKED, 0), "blocked"),
        *_counted(accepted, "release"),
    ]


def _awaited(approval: Approval) -> str:
    return _("%(name)s awaits your approval") % {"name": approval}


def _purge(purge: Purge) -> str:
    if purge.state == PurgeState.FAILED:
        return _("%(name)s failed") % {"name": purge}
    return _("%(name)s awaits your approval") % {"name": purge}


def _page_of(approval: Approval) -> str:
    at = [approval.dataset.org, approval.dataset.name]
    return reverse("release", args=[*at, approval.release.version]) if approval.release else reverse("dataset", args=at)


def _asked_by(grant: Grant) -> str:
    return _("%(person)s asks for %(name)s") % {"person": grant.person.shown_name, "name": grant.dataset}


def _terms_of(grant: Grant) -> str:
    return reverse("dataset_terms", args=[grant.dataset.org, grant.dataset.name])


def _counted(n: int, kind: StepKind) -> list[NextStep]:
    if not n:
        return []
    text, url = {
        "adjudicate": (ngettext("story to adjudicate", "stories to adjudicate", n), reverse("adjudication_list")),
        "report": (
            ngettext("report from a reader to answer", "reports from readers to answer", n),
            reverse("research_waiting"),
        ),
        "outcome": (
            ngettext("outcome of training to look at", "outcomes of training to look at", n),
            reverse("research_waiting"),
        ),
        "queue": (ngettext("story ready for a queue", "stories ready for a queue", n), reverse("queue_new")),
        "blocked": (
            ngettext("story blocked by a check", "stories blocked by a check", n),
            reverse("story_list") + "?state=blocked",
        ),
        "release": (
            ngettext("accepted story in no release yet", "accepted stories in no release yet", n),
            reverse("dataset_list"),
        ),
    }[kind]
    return [NextStep(kind, n, text, url)]


def _dry(work: Sequence[Work], cards: Sequence[QueueCard]) -> list[NextStep]:
    filling = {one.url for one in work if one.kind == "fill" and not one.stopped}
    found = []
    for card in cards:
        left, url = card.progress.stories_left, reverse("queue_detail", args=[card.queue.slug])
        if not card.progress.stories or left >= RUNS_DRY or url in filling:
            continue
        text = ngettext(
            "story left in %(queue)s: add more, or close it", "stories left in %(queue)s: add more, or close it", left
        )
        found.append(NextStep("refill", left, text % {"queue": card.queue.name}, url))
    return found


def _stopped(one: Work) -> str:
    return str(STOPPED[one.kind]) % {"name": one.name}
