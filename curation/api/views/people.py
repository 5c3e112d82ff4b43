"""People: who has an account, and what they may do. For admins."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.actions.people import change_role, close
from annotations.queries.accounts import described, people_named, queues_by_person
from curation.accounts.models import Scope, User
from curation.accounts.people import reopen_account
from curation.accounts.permissions import check_can_keep_accounts
from curation.api.conditional import changing, shown
from curation.api.idempotency import once
from curation.api.resource import Resource, only, shown_by
from curation.api.serializers.people import ChangedPersonSerializer, LimitsSerializer, PeopleFilter, PersonSerializer
from curation.releases.actions import lift_limits, limit_person
from curation.releases.queries.find import load_dataset, split_name
from curation.releases.queries.limits import kept_limits, with_limits


class ForAccountKeepers(Resource):
    """What only those who keep accounts see."""

    def initial(self, request: Request, *args: Any, **named: Any) -> None:
        """Go on if the caller may keep accounts."""
        super().initial(request, *args, **named)
        check_can_keep_accounts(actor=self.person)


class People(ForAccountKeepers):
    """Everybody."""

    scopes = {"GET": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_people", parameters=[PeopleFilter], responses=PersonSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the people who have an account, the newest first. Others are invited."""
        asked = self.asked(PeopleFilter)
        return self.page(with_limits(described(people_named(asked["words"], closed=asked["closed"]))), as_people)


class OnePerson(ForAccountKeepers):
    """A person."""

    scopes = {"GET": Scope.ADMIN, "PATCH": Scope.ADMIN}
    conditional = {"PATCH"}

    @extend_schema(operation_id="get_person", responses=PersonSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One person: role, queues, and what they hold."""
        self.asked()
        return Response(as_person(pk))

    @extend_schema(operation_id="change_person", request=ChangedPersonSerializer, responses=PersonSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Give a person another role. Who no longer reviews leaves every queue."""
        with changing(request, one_person(pk), lambda user: as_person(user.pk), no_person()):
            change_role(actor=self.person, user=load_person(pk), role=self.sent(ChangedPersonSerializer)["role"])
        return shown(as_person(pk))


class PersonClosing(ForAccountKeepers):
    """The end of an account."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OnePerson)

    @extend_schema(operation_id="close_person", request=None, responses=PersonSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Close an account: its sessions and tokens end at once, and the stories it holds go to others."""
        close(actor=self.person, user=load_person(pk))
        return Response(as_person(pk))


class PersonReopening(ForAccountKeepers):
    """A closed account opened."""

    scopes = {"POST": Scope.ADMIN}
    newest = shown_by(OnePerson)

    @extend_schema(operation_id="reopen_person", request=None, responses=PersonSerializer)
    @once
    def post(self, request: Request, pk: int) -> Response:
        """Let a person sign in again, with the password they had. Tokens that were revoked stay so."""
        reopen_account(actor=self.person, user=load_person(pk))
        return Response(as_person(pk))


class PersonLimits(ForAccountKeepers):
    """The datasets that a person works with."""

    scopes = {"GET": Scope.ADMIN, "PUT": Scope.ADMIN, "DELETE": Scope.ADMIN}
    conditional = {"PUT", "DELETE"}

    @extend_schema(operation_id="get_limits", responses=LimitsSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The organisations and datasets that a person is limited to; both empty for somebody who is not limited."""
        self.asked()
        return Response(as_limits(load_person(pk)))

    @extend_schema(operation_id="set_limits", request=LimitsSerializer, responses=LimitsSerializer)
    def put(self, request: Request, pk: int) -> Response:
        """Let a person work with exactly these organisations and datasets, from the next call on. No limit binds an
        admin."""
        said = self.sent(LimitsSerializer)
        datasets = [load_dataset(self.person, *split_name(written)) for written in said["datasets"]]
        with changing(request, one_person(pk), as_limits, no_person()) as user:
            limit_person(actor=self.person, user=user, orgs=said["orgs"], datasets=datasets)
        return shown(as_limits(user))

    @extend_schema(operation_id="lift_limits", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Let a person work with all datasets again, as their role says."""
        with changing(request, one_person(pk), as_limits, no_person()) as user:
            lift_limits(actor=self.person, user=user)
        return Response(status=204)


def load_person(pk: int) -> User:
    """Return a person; `NotFound` for none."""
    return only(with_limits(described(User.objects.all())), no_person(), pk=pk)


def one_person(pk: int) -> QuerySet[User]:
    """Return the person, or nothing."""
    return User.objects.filter(pk=pk)


def no_person() -> str:
    """Say that there is no such person."""
    return _("There is no such person.")


def as_people(rows: list[User]) -> Any:
    """Return the representation of people, in one more statement."""
    queues = queues_by_person(rows)
    for user in rows:
        user.queues = [queue.slug for queue in queues.get(user.pk, [])]  # type: ignore[attr-defined]
    return PersonSerializer(rows, many=True).data


def as_person(pk: int) -> Any:
    """Return the representation of a person as they are now."""
    return as_people([load_person(pk)])[0]


def as_limits(user: User) -> Any:
    """Return the representation of what is kept of somebody's limits."""
    limits = kept_limits(user)
    said = {"orgs": limits.orgs, "datasets": [str(one) for one in limits.datasets]} if limits else {}
    return LimitsSerializer({"orgs": [], "datasets": []} | said).data
