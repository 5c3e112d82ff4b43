"""Datasets of Argilla servers: which there are, and having one be fetched, to be imported as a file is."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from curation.accounts.models import Scope
from curation.api.idempotency import once
from curation.api.resource import Resource, shown_by, with_location
from curation.api.serializers.ratings import (
    DatasetFetchSerializer,
    DatasetThereSerializer,
    NewDatasetFetchSerializer,
    RatingsLookSerializer,
)
from curation.api.views.ratings import looked_at
from curation.argilla.faults import ArgillaTrouble
from curation.core.errors import Conflict, InvalidInput, Unavailable
from curation.ratings_import.actions.fetches import cancel_fetch, start_fetch
from curation.ratings_import.fetching import datasets_there, fetch_fault_in_words
from curation.ratings_import.permissions import check_can_import_ratings
from curation.ratings_import.queries import fetches_for, is_kept, load_fetch, server_for, servers_for
from curation.ratings_import.uploads import fetched_token


class ArgillaDatasets(Resource):
    """The datasets of a server."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="list_argilla_datasets", responses=DatasetThereSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Ask an Argilla server which datasets its workspace has. For curators and admins.

        503 while it cannot be reached, 409 where it refuses, as it does a key that lacks rights.
        """
        self.asked()
        check_can_import_ratings(actor=self.person)
        try:
            found = datasets_there(server_for(self.person, pk))
        except ArgillaTrouble as error:
            kind = Unavailable if error.passes else Conflict
            raise kind(fetch_fault_in_words(error.words)) from None
        return Response(DatasetThereSerializer(found, many=True).data)


class DatasetFetches(Resource):
    """All fetches."""

    scopes = {"GET": Scope.READ, "POST": Scope.CURATE}
    paged = True

    @extend_schema(operation_id="list_dataset_fetches", responses=DatasetFetchSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the datasets that were fetched from Argilla servers, the newest first. For curators and admins."""
        self.asked()
        check_can_import_ratings(actor=self.person)
        return self.page(fetches_for(self.person), lambda rows: DatasetFetchSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="start_dataset_fetch",
        request=NewDatasetFetchSerializer,
        responses={202: DatasetFetchSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        """Have a worker fetch a dataset from an Argilla server. Nothing is imported yet.

        Answers with the fetch that is under way where there is one of this dataset already, whoever asked for it.
        """
        check_can_import_ratings(actor=self.person)
        sent = self.sent(NewDatasetFetchSerializer)
        server = servers_for(self.person).filter(pk=sent["server"]).first()
        if server is None:
            raise InvalidInput(_("There is no such Argilla server."))
        made = start_fetch(actor=self.person, server=server, name=sent["name"])
        return with_location(
            DatasetFetchSerializer(made).data, reverse("api:dataset_fetch", args=[made.pk]), status=202
        )


class OneDatasetFetch(Resource):
    """A fetch."""

    scopes = {"GET": Scope.READ}
    newest = shown_by()

    @extend_schema(operation_id="get_dataset_fetch", responses=DatasetFetchSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """How far a fetch is. Ask again until its `state` is `done`, `failed` or `cancelled`."""
        self.asked()
        return Response(DatasetFetchSerializer(load_fetch(self.person, pk)).data)


class DatasetFetchCancel(Resource):
    """The end of a fetch."""

    scopes = {"POST": Scope.CURATE}
    newest = shown_by(OneDatasetFetch)

    @extend_schema(operation_id="cancel_dataset_fetch", request=None, responses=DatasetFetchSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """End a fetch. Nothing of it is kept."""
        self.asked()
        cancel_fetch(actor=self.person, fetching=load_fetch(self.person, pk))
        return Response(DatasetFetchSerializer(load_fetch(self.person, pk)).data)


class FetchedDataset(Resource):
    """What was fetched."""

    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="look_at_fetched_dataset", responses=RatingsLookSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Be told what a fetched dataset holds and what would become of it, as of a file that was sent.

        409 until the fetch is done, and two days after that, when what nobody imported is gone.
        """
        self.asked()
        fetching = load_fetch(self.person, pk)
        if not is_kept(fetching):
            raise Conflict(_("There is no file of this fetch: it is not done, or nobody imported it for two days."))
        upload = fetched_token(self.person, fetching)
        return Response(looked_at(fetching.file_sha256, fetching.file_name, upload))
