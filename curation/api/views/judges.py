"""Judges: setting them up, their versions, and the imports that they score by themselves. For curators."""

from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource, only, shown_by, with_location
from curation.api.serializers.judges import (
    ImportRuleSerializer,
    JudgeSerializer,
    JudgeVersionSerializer,
    NewEnsembleSerializer,
    NewImportRuleSerializer,
    NewJudgeSerializer,
    NewVersionSerializer,
    RetriedSerializer,
    ScoringsSerializer,
    WholeJudgeVersionSerializer,
)
from curation.scoring.actions import (
    add_version,
    create_ensemble,
    create_judge,
    end_import_rule,
    retire_judge,
    retry_failed,
    set_import_rule,
)
from curation.scoring.models import Judge, JudgeVersion
from curation.scoring.permissions import check_can_run_judges
from curation.scoring.queries import load_judge, progress, rules_of, stalled, versions


class ForCurators(Resource):
    """What only those who may run judges see."""

    def initial(self, request: Request, *args: Any, **named: Any) -> None:
        """Go on if the caller may run judges."""
        super().initial(request, *args, **named)
        check_can_run_judges(actor=self.person)


class Judges(ForCurators):
    """All judges."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_judges", responses=JudgeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the judges, each with the versions that are at work; without any it is at rest."""
        self.asked()
        found = Judge.objects.prefetch_related(at_work())
        return self.page(found, lambda rows: JudgeSerializer(rows, many=True).data)

    @extend_schema(operation_id="create_judge", request=NewJudgeSerializer, responses={201: JudgeSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Make a judge that asks a language model, with its first version. It asks nothing before a run is started."""
        version = create_judge(actor=self.person, **self.sent(NewJudgeSerializer))
        return made(version.judge)


class Ensembles(ForCurators):
    """Judges of several."""

    scopes = {"POST": Scope.CURATE}

    @extend_schema(operation_id="create_ensemble", request=NewEnsembleSerializer, responses={201: JudgeSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Make a judge that combines others, each by how well it agrees with reviewers. It asks nobody and is free."""
        version = create_ensemble(actor=self.person, **self.sent(NewEnsembleSerializer))
        return made(version.judge)


class OneJudge(ForCurators):
    """A judge."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_judge", responses=JudgeSerializer)
    def get(self, request: Request, key: str) -> Response:
        """One judge, with the versions that are at work."""
        self.asked()
        return Response(as_judge(load_judge(key)))


class JudgeVersions(ForCurators):
    """The versions of a judge."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_judge_versions", responses=JudgeVersionSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """List the versions of a judge, the newest first."""
        self.asked()
        return self.page(versions_of(load_judge(key)), lambda rows: JudgeVersionSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="create_judge_version", request=NewVersionSerializer, responses={201: JudgeVersionSerializer}
    )
    @once
    def post(self, request: Request, key: str) -> Response:
        """Give a judge another version, which takes the place of the one before for its rubric. Runs of that go on."""
        judge = load_judge(key)
        version = add_version(actor=self.person, judge=judge, **self.sent(NewVersionSerializer))
        address = reverse("api:judge_version", args=[key, version.number])
        return with_location(JudgeVersionSerializer(version).data, address)


class OneJudgeVersion(ForCurators):
    """A version."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_judge_version", responses=WholeJudgeVersionSerializer)
    def get(self, request: Request, key: str, number: int) -> Response:
        """One version of a judge: its prompt word for word, how its answers could be read, and what it combines."""
        self.asked()
        return Response(WholeJudgeVersionSerializer(load_version(key, number)).data)


class JudgeVersionRetry(ForCurators):
    """Another try."""

    scopes = {"POST": Scope.CURATE}
    newest = shown_by(OneJudgeVersion)

    @extend_schema(operation_id="retry_scoring", request=None, responses=RetriedSerializer)
    @once
    def post(self, request: Request, key: str, number: int) -> Response:
        """Try the stories again that a version which costs nothing could not score. Runs have a retry of their own."""
        count = retry_failed(actor=self.person, version=only(at_work_of(key), no_version(), number=number))
        return Response(RetriedSerializer({"stories": count}).data)


class Scoring(ForCurators):
    """The scoring that costs nothing."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_scoring", responses=ScoringsSerializer)
    def get(self, request: Request) -> Response:
        """How far the scoring is that every story gets by itself."""
        self.asked()
        under_way = progress()
        held_up = any(one.open for one in under_way) and stalled()
        return Response(ScoringsSerializer({"stalled": held_up, "versions": under_way}).data)


class JudgeRetirement(ForCurators):
    """Rest."""

    scopes = {"POST": Scope.CURATE}
    newest = shown_by(OneJudge)

    @extend_schema(operation_id="retire_judge", request=None, responses=JudgeSerializer)
    @once
    def post(self, request: Request, key: str) -> Response:
        """Use a judge for nothing new. Its scores stay, its runs go on, and a new version puts it to work again."""
        judge = load_judge(key)
        retire_judge(actor=self.person, judge=judge)
        return Response(as_judge(judge))


class JudgeRules(ForCurators):
    """The imports that a judge scores by itself."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_import_rules", responses=ImportRuleSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """List the rules by which imports are scored by this judge."""
        self.asked()
        return self.page(rules_of(load_judge(key)), lambda rows: ImportRuleSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="create_import_rule", request=NewImportRuleSerializer, responses={201: ImportRuleSerializer}
    )
    @once
    def post(self, request: Request, key: str) -> Response:
        """Have imports from now on scored by this judge once they have passed their checks."""
        rule = set_import_rule(actor=self.person, judge=load_judge(key), **self.sent(NewImportRuleSerializer))
        address = reverse("api:judge_rule", args=[key, rule.pk])
        return with_location(ImportRuleSerializer(rule).data, address)


class OneJudgeRule(ForCurators):
    """A rule."""

    scopes = {"GET": Scope.READ, "DELETE": Scope.CURATE}
    newest = shown_by()

    @extend_schema(operation_id="get_import_rule", responses=ImportRuleSerializer)
    def get(self, request: Request, key: str, pk: int) -> Response:
        """One rule."""
        self.asked()
        return Response(ImportRuleSerializer(only(rules_of(load_judge(key)), no_rule(), pk=pk)).data)

    @extend_schema(operation_id="end_import_rule", responses={204: None})
    def delete(self, request: Request, key: str, pk: int) -> Response:
        """Start no more runs by a rule. Those that it started go on."""
        end_import_rule(actor=self.person, rule=only(rules_of(load_judge(key)), no_rule(), pk=pk))
        return Response(status=204)


def at_work() -> "Prefetch[str, QuerySet[JudgeVersion], str]":
    """Return what gives judges their `at_work`."""
    return Prefetch("versions", versions().filter(active=True), to_attr="at_work")


def versions_of(judge: Judge) -> QuerySet[JudgeVersion]:
    """Return all versions of a judge."""
    return versions().filter(judge=judge)


def load_version(key: str, number: int) -> JudgeVersion:
    """Return a version by its number; `NotFound` for none."""
    return only(versions_of(load_judge(key)), no_version(), number=number)


def at_work_of(key: str) -> QuerySet[JudgeVersion]:
    """Return the versions of a judge that are at work."""
    return versions_of(load_judge(key)).filter(active=True)


def no_version() -> str:
    """Say that there is no such version."""
    return _("There is no such judge version. The scoring page lists all that there are.")


def as_judge(judge: Judge) -> Any:
    """Return the representation of a judge."""
    prefetch_related_objects([judge], at_work())
    return JudgeSerializer(judge).data


def made(judge: Judge) -> Response:
    """Answer with a judge that was made."""
    return with_location(as_judge(judge), reverse("api:judge", args=[judge.key]))


def no_rule() -> str:
    """Say that there is no such rule."""
    return _("Somebody has seen to this already. Reload the page to see how it is now.")
