"""Runs of judges: first the estimate, then a budget and a start, then how far it is. For curators."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.conditional import changing
from curation.api.idempotency import once
from curation.api.resource import with_location
from curation.api.serializers.runs import (
    FailureSerializer,
    NewRunSerializer,
    ResumeSerializer,
    RunFilter,
    RunSerializer,
    StartSerializer,
    WholeRunSerializer,
)
from curation.api.views.judges import ForCurators
from curation.scoring.actions import cancel_run, pause_run, rerun_failed, resume_run
from curation.scoring.models import ScoreRun
from curation.scoring.queries import failures_of, load_run, run_progress, runs
from curation.triage.actions import begin_run, propose_run
from curation.triage.filters import StoryFilter
from curation.triage.forms import OF_RUNS


class Runs(ForCurators):
    """All runs."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_runs", parameters=[RunFilter], responses=RunSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the runs, the newest first."""
        asked = self.asked(RunFilter)
        found = runs()
        if "judge" in asked:
            found = found.filter(judge_version__judge__key=asked["judge"])
        if "state" in asked:
            found = found.filter(state=asked["state"])
        return self.page(found, lambda rows: RunSerializer(rows, many=True).data)

    @extend_schema(operation_id="estimate_run", request=NewRunSerializer, responses={201: WholeRunSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Work out what it takes to have a judge score the stories that fit. Nothing is asked or paid before the run
        is started."""
        said = self.sent(NewRunSerializer)
        chosen = StoryFilter(
            states=OF_RUNS[said["state"]],
            source=said.get("source", ""),
            language=said.get("language", ""),
            run=said["run"],
            stories=tuple(said.get("stories", ())),
            principle=said.get("principle", ""),
            theme=said.get("theme", ""),
        )
        run = propose_run(actor=self.person, version=said["version"], chosen=chosen, at_most=said["at_most"])
        return with_location(as_run(load_run(run.pk)), reverse("api:run", args=[run.pk]))


class OneRun(ForCurators):
    """A run."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_run", responses=WholeRunSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One run, and how far it is."""
        self.asked()
        return Response(as_run(load_run(pk)))


class RunFailures(ForCurators):
    """What failed in a run."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_run_failures", responses=FailureSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List the answers that failed in a run, and why."""
        self.asked()
        return self.page(failures_of(load_run(pk)), lambda rows: FailureSerializer(rows, many=True).data)


class Move(ForCurators):
    """Something that becomes of a run."""

    scopes = {"POST": Scope.CURATE}
    conditional = {"POST"}

    def moved(self, request: Request, pk: int, action: Any, **named: Any) -> Response:
        """Carry out, and answer with the run; 409 has it as `current`."""
        with changing(request, one_run(pk), as_run, _("There is no such run.")) as run:
            action(actor=self.person, run=run, **named)
        return Response(as_run(load_run(pk)))


class RunStart(Move):
    """Start."""

    @extend_schema(operation_id="start_run", request=StartSerializer, responses=WholeRunSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Let an estimated run ask its model, within a budget. Its price has to be known."""
        return self.moved(request, pk, begin_run, **self.sent(StartSerializer))


class RunPause(Move):
    """Pause."""

    @extend_schema(operation_id="pause_run", request=None, responses=WholeRunSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Ask nothing more for now. Answers that are on their way are paid for, and stored."""
        return self.moved(request, pk, pause_run)


class RunResume(Move):
    """Resume."""

    @extend_schema(operation_id="resume_run", request=ResumeSerializer, responses=WholeRunSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Let a paused run go on, with another budget if one is given."""
        return self.moved(request, pk, resume_run, **self.sent(ResumeSerializer))


class RunCancel(Move):
    """Cancel."""

    @extend_schema(operation_id="cancel_run", request=None, responses=WholeRunSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """End a run for good. What it has scored stays."""
        return self.moved(request, pk, cancel_run)


class RunRetry(Move):
    """Retry."""

    @extend_schema(operation_id="retry_run", request=None, responses=WholeRunSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Ask again for what failed in a run, within the budget that is left."""
        return self.moved(request, pk, rerun_failed)


def one_run(pk: int) -> QuerySet[ScoreRun]:
    """Return the run, or nothing."""
    return runs().filter(pk=pk)


def as_run(run: ScoreRun) -> Any:
    """Return the representation of a run, with how far it is."""
    run.progress = run_progress(run)  # type: ignore[attr-defined]
    return WholeRunSerializer(run).data
