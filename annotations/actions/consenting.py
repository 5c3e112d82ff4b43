"""Answering the consent."""

from django.db import transaction
from django.utils.translation import gettext as _

from annotations.material import consent_version
from annotations.models import Consent
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import InvalidInput, NotAllowed


def give_consent(*, user: User, version: int, publish: bool) -> Consent:
    """Keep a reviewer's answer to the consent of `version`, which must be the one that reads now.

    Releases made from now on go by it; those made before stay as they are. Raises `NotAllowed` for somebody who rates
    nothing, `InvalidInput` for another version.
    """
    if not user.is_reviewer:
        raise NotAllowed(_("Only people who rate stories are asked this."))
    if version != consent_version():
        raise InvalidInput(_("The consent has changed since you opened it. Please read it again."))
    with transaction.atomic():
        answer = Consent.objects.create(user=user, version=version, publish=publish)
        record(actor=user, verb="consent.answered", target=answer, version=version, publish=publish)
    return answer
