"""Answering the consent."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.material import WRITTEN_IN, consent_version, languages
from annotations.models import Consent
from annotations.permissions import check_can_consent
from curation.accounts.models import User
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput


class ConsentMissing(Conflict):
    """Stories are given to those who have answered the consent as it reads now, with yes or no."""

    code = "consent_missing"
    title = gettext_lazy("One question first")


def give_consent(*, user: User, version: int, publish: bool, language: str = WRITTEN_IN) -> Consent:
    """Keep a reviewer's answer to the consent of `version`, which must be the one that reads now.

    `language` is the one in which they read it; the log keeps it with the answer.
    Releases made from now on go by it; those made before stay as they are. Raises `NotAllowed` for somebody who rates
    nothing, `InvalidInput` for another version or a language that it is not there in.
    """
    check_can_consent(actor=user)
    if version != consent_version():
        raise InvalidInput(_("The consent has changed since you opened it. Please read it again."))
    if language not in languages("consent", str(version)):
        raise InvalidInput(_("The consent is not there in that language. Please read it again."))
    with transaction.atomic():
        answer = Consent.objects.create(user=user, version=version, publish=publish)
        record(actor=user, verb="consent.answered", target=answer, version=version, publish=publish, language=language)
    return answer
