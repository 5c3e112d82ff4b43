"""The audit log. For admins."""

from functools import reduce
from operator import or_

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.queries.kept_back import entries_kept_from
from curation.accounts.models import Scope
from curation.accounts.permissions import check_can_keep_accounts
from curation.api.resource import Resource
from curation.api.serializers.audit import AuditFilter, EntrySerializer
from curation.audit.kinds import KINDS
from curation.audit.models import Entry


class AuditLog(Resource):
    """The log."""

    scopes = {"GET": Scope.ADMIN}
    paged = True

    @extend_schema(operation_id="list_audit", parameters=[AuditFilter], responses=EntrySerializer(many=True))
    def get(self, request: Request) -> Response:
        """List what was done, the latest first. What others did to stories that you have yet to review blind is left
        out until you have."""
        asked = self.asked(AuditFilter)
        check_can_keep_accounts(actor=self.person)
        found = Entry.objects.exclude(entries_kept_from(self.person)).select_related("actor")
        if "person" in asked:
            found = found.filter(actor=asked["person"])
        if "kind" in asked:
            found = found.filter(reduce(or_, (Q(verb__startswith=f"{word}.") for word in KINDS[asked["kind"]][1])))
        if "since" in asked:
            found = found.filter(at__gte=asked["since"])
        if "until" in asked:
            found = found.filter(at__lt=asked["until"])
        return self.page(found, lambda rows: EntrySerializer(rows, many=True).data)
