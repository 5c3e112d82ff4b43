"""Getting gated datasets, and letting people in."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.access.actions import decline_access, grant_access, revoke_access, write_terms
from curation.access.queries.downloads import downloads_by_day
from curation.access.queries.grants import grants_of, load_grant, newest_grant, terms_of
from curation.accounts.models import Scope
from curation.api.conditional import changing, shown
from curation.api.idempotency import once
from curation.api.resource import Resource
from curation.api.serializers.access import (
    DownloadsSerializer,
    GrantDecisionSerializer,
    GrantSerializer,
    NewTermsSerializer,
    TermsSerializer,
)
from curation.core.errors import NotFound
from curation.releases.models import Dataset
from curation.releases.permissions import check_can_release
from curation.releases.queries.find import load_dataset, load_listed, load_release


class DatasetTerms(Resource):
    """What people accept to get a gated dataset."""

    scopes = {"GET": Scope.READ, "PUT": Scope.RELEASE}
    conditional = {"PUT"}

    @extend_schema(operation_id="get_terms", responses=TermsSerializer)
    def get(self, request: Request, org: str, name: str) -> Response:
        """The terms that hold; 404 before there are any. Everybody reads those of a gated dataset."""
        self.asked()
        found = terms_of(load_listed(self.person, org, name))
        if found is None:
            raise NotFound(_("Nobody has written terms for this dataset yet."))
        return Response(TermsSerializer(found).data)

    @extend_schema(operation_id="write_terms", request=NewTermsSerializer, responses=TermsSerializer)
    def put(self, request: Request, org: str, name: str) -> Response:
        """Have other terms hold from now on. What people accepted before stays on record."""
        rows = Dataset.objects.visible_to(self.person).filter(org=org, name=name)
        with changing(request, rows, as_terms) as found:
            made = write_terms(actor=self.person, dataset=found, **self.sent(NewTermsSerializer))
        return shown(TermsSerializer(made).data)


class DatasetAccess(Resource):
    """Your own access to a gated dataset."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_access", responses=GrantSerializer)
    def get(self, request: Request, org: str, name: str) -> Response:
        """What became of what you asked for last; 404 if you never did. Terms are accepted on the page alone."""
        self.asked()
        found = newest_grant(self.person, load_listed(self.person, org, name))
        if found is None:
            raise NotFound(_("You have not asked for access to this dataset."))
        return Response(GrantSerializer(found).data)


class Grants(Resource):
    """Who asked for a dataset or accepted its terms."""

    scopes = {"GET": Scope.READ}
    paged = True

    @extend_schema(operation_id="list_grants", responses=GrantSerializer(many=True))
    def get(self, request: Request, org: str, name: str) -> Response:
        """List who asked for a dataset or accepted its terms, the newest first. For curators."""
        self.asked()
        found = load_dataset(self.person, org, name)
        check_can_release(actor=self.person, dataset=found)
        return self.page(grants_of(found), lambda rows: GrantSerializer(rows, many=True).data)


class OneGrant(Resource):
    """What somebody asked for or accepted."""

    scopes = {"POST": Scope.RELEASE}

    def newest(self) -> Response:
        """How it stands by now."""
        dataset = load_dataset(self.person, self.kwargs["org"], self.kwargs["name"])
        check_can_release(actor=self.person, dataset=dataset)
        return Response(GrantSerializer(load_grant(dataset, self.kwargs["pk"])).data)

    @extend_schema(operation_id="decide_grant", request=GrantDecisionSerializer, responses=GrantSerializer)
    @once
    def post(self, request: Request, org: str, name: str, pk: int) -> Response:
        """Let somebody into a gated dataset, decline it, or revoke what they have, from the next request on."""
        dataset, said = load_dataset(self.person, org, name), self.sent(GrantDecisionSerializer)
        found = load_grant(dataset, pk)
        if said["move"] == "grant":
            grant_access(actor=self.person, grant=found)
        else:
            act = decline_access if said["move"] == "decline" else revoke_access
            act(actor=self.person, grant=found, reason=said["reason"])
        return Response(GrantSerializer(load_grant(dataset, pk)).data)


class ReleaseDownloads(Resource):
    """How often a version was downloaded."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="list_downloads", responses=DownloadsSerializer(many=True))
    def get(self, request: Request, org: str, name: str, version: str) -> Response:
        """How many clients downloaded rows of a version, by day, the first day first. A client counts once a day."""
        self.asked()
        rows = downloads_by_day(load_release(self.person, org, name, version))
        return Response([{"day": day, "count": count} for day, count in rows])


def as_terms(dataset: Dataset) -> Any:
    """Return the representation of the terms that hold; empty before there are any."""
    found = terms_of(dataset)
    return TermsSerializer(found).data if found else {}
