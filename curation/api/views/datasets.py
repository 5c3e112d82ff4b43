"""Datasets, and what their next version would be."""

from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.conditional import changing, shown
from curation.api.idempotency import once
from curation.api.resource import Resource, with_location
from curation.api.serializers.releases import (
    DatasetFilter,
    DatasetSerializer,
    DescriptionSerializer,
    NewDatasetSerializer,
    OutlookFilter,
    OutlookSerializer,
    as_outlook,
)
from curation.releases.actions import create_dataset, describe_dataset
from curation.releases.models import Dataset
from curation.releases.permissions import check_can_create_dataset, check_can_release
from curation.releases.queries.candidates import plan
from curation.releases.queries.find import load_dataset, load_listed
from curation.releases.queries.outlook import outlook
from curation.releases.queries.pages import newest_version


class Datasets(Resource):
    """All datasets."""

    scopes = {"GET": Scope.READ, "POST": Scope.RELEASE}
    paged = True

    @extend_schema(operation_id="list_datasets", parameters=[DatasetFilter], responses=DatasetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the datasets that you may open, the newest first."""
        asked = self.asked(DatasetFilter)
        found: QuerySet[Dataset] = Dataset.objects.listed_to(self.person).prefetch_related(newest_version())
        return self.page(found.filter(**asked), lambda rows: DatasetSerializer(rows, many=True).data)

    @extend_schema(operation_id="create_dataset", request=NewDatasetSerializer, responses={201: DatasetSerializer})
    @once
    def post(self, request: Request) -> Response:
        """Make a dataset, empty until its first release. Its name is taken for good, whatever capitals are used."""
        check_can_create_dataset(actor=self.person, org=None)
        made = create_dataset(actor=self.person, **self.sent(NewDatasetSerializer))
        return with_location(as_dataset(made), reverse("api:dataset", args=[made.org, made.name]))


class OneDataset(Resource):
    """A dataset."""

    scopes = {"GET": Scope.READ, "PATCH": Scope.RELEASE}
    conditional = {"PATCH"}

    @extend_schema(operation_id="get_dataset", responses=DatasetSerializer)
    def get(self, request: Request, org: str, name: str) -> Response:
        """One dataset, with the number of its newest version."""
        self.asked()
        return Response(as_dataset(load_listed(self.person, org, name)))

    @extend_schema(operation_id="change_dataset", request=DescriptionSerializer, responses=DatasetSerializer)
    def patch(self, request: Request, org: str, name: str) -> Response:
        """Change the title or the description that the cards of later versions have."""
        rows = Dataset.objects.visible_to(self.person).filter(org=org, name=name)
        with changing(request, rows, as_dataset) as found:
            changed = describe_dataset(actor=self.person, dataset=found, **self.sent(DescriptionSerializer))
        return shown(as_dataset(changed))


class DatasetOutlook(Resource):
    """The next version of a dataset."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="get_outlook", parameters=[OutlookFilter], responses=OutlookSerializer)
    def get(self, request: Request, org: str, name: str) -> Response:
        """What would go into the next version of a dataset, and what keeps it from being made. For curators.
        Stories that the caller has yet to review blind are not counted."""
        asked = self.asked(OutlookFilter)
        found = load_dataset(self.person, org, name)
        check_can_release(actor=self.person, dataset=found)
        look = plan(found, reader=self.person)
        return Response(as_outlook(look, outlook(look, agreement=asked["agreement"])))


def as_dataset(found: Dataset) -> Any:
    """Return the representation of a dataset."""
    prefetch_related_objects([found], newest_version())
    return DatasetSerializer(found).data
