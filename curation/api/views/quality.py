"""How good judges are, how far reviewers agree, and the random audit of all stories. For curators."""

from math import isfinite
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.permissions import check_can_run_queues
from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource, only
from curation.api.serializers.quality import (
    AgreementFilter,
    AgreementsSerializer,
    AuditSampleSerializer,
    NewAuditSampleSerializer,
    QualityFilter,
    QualitySerializer,
)
from curation.api.views.judges import ForCurators, no_version, versions_of
from curation.calibration.actions import draw_audit
from curation.calibration.permissions import check_can_audit
from curation.calibration.queries import agreement, quality_of, trust_in
from curation.calibration.queries.quality import anchoring_of, pool_quality_of, probe_of
from curation.core.errors import NotFound
from curation.core.statistics import Estimate
from curation.scoring.models import JudgeVersion
from curation.scoring.queries import load_judge, rubric_in_use
from curation.standards.models import Rubric


class QualityOfJudge(ForCurators):
    """How good a judge is."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_quality", parameters=[QualityFilter], responses=QualitySerializer)
    def get(self, request: Request, key: str) -> Response:
        """How good a version of a judge is, held against blind reviews: per criterion, and what it can be trusted
        with."""
        asked = self.asked(QualityFilter)
        found = versions_of(load_judge(key))
        number = {"number": asked["version"]} if "version" in asked else {}
        return Response(as_quality(only(found, no_version(), **number)))


class Agreements(Resource):
    """How far reviewers agree."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_agreement", parameters=[AgreementFilter], responses=AgreementsSerializer)
    def get(self, request: Request) -> Response:
        """How far reviewers agree on each criterion, over the first two blind reviews of stories that nobody reads
        just now. For curators."""
        asked = self.asked(AgreementFilter)
        check_can_run_queues(actor=self.person)
        queue = asked.get("queue")
        rubric = asked.get("rubric") or (queue.rubric if queue else in_use())
        found = agreement(rubric, queue, read=True) if rubric else []
        said = {
            "rubric": rubric.pk if rubric else None,
            "queue": queue.slug if queue else None,
            "criteria": [as_agreement(one.key, one.name, one.alpha) for one in found],
        }
        return Response(AgreementsSerializer(said).data)


class AuditSamples(Resource):
    """The random audit."""

    scopes = {"POST": Scope.CURATE}

    @extend_schema(operation_id="draw_audit", request=NewAuditSampleSerializer, responses={201: AuditSampleSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Draw stories by chance from all that passed their checks, decided or not, and have a queue read them. What
        is said of them decides nothing: it measures the pool."""
        check_can_audit(actor=self.person)
        said = self.sent(NewAuditSampleSerializer)
        sample = draw_audit(actor=self.person, queue=said["queue"], stories=said["stories"])
        return Response(AuditSampleSerializer(sample).data, status=201)


def in_use() -> Rubric | None:
    """Return the rubric in use; None where none is installed."""
    try:
        return rubric_in_use()
    except NotFound:
        return None


def as_quality(version: JudgeVersion) -> Any:
    """Return the representation of how good a version is."""
    quality, probe = quality_of(version), probe_of(version)
    said = {
        "judge": version.judge.key,
        "version": version.number,
        "trust": trust_in(quality, probe.changed_at if probe else None),
        "criteria": quality,
        "probe": probe if probe and probe.again else None,
        "anchoring": anchoring_of(version),
        "pool": pool_quality_of(version),
    }
    return QualitySerializer(said).data


def as_agreement(key: str, name: str, alpha: Estimate) -> dict[str, Any]:
    """Return the representation of an agreement; what is undefined is null."""
    figures = {"alpha": alpha.value, "low": alpha.low, "high": alpha.high}
    known = {name: figure if isfinite(figure) else None for name, figure in figures.items()}
    return {"key": key, "name": name, **known, "stories": alpha.n}
