"""Targets: making and removing them, and giving them another token. Tokens go in here, and come out nowhere."""

import re

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit.actions import record
from curation.core.errors import Conflict, InvalidInput
from curation.publishing.faults import REMOVED
from curation.publishing.keys import VARIABLE, encrypt_token, endpoint_of_environment
from curation.publishing.models import HubTarget, Publication, PublicationState
from curation.publishing.permissions import check_can_keep_targets
from curation.releases.models import Dataset
from curation.webhooks.addresses import may_be_kept

LONGEST_TOKEN = 500
# What the Hub takes for a name: letters, digits, single -, _ and . within, up to 96 characters each.
PART = r"(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
REPO = re.compile(rf"{PART}/{PART}(?<!\.git)")
MOST = 20


def create_target(
    *, actor: Actor, dataset: Dataset, repo: str, endpoint: str = "", token: str = "", token_variable: str = ""
) -> HubTarget:
    """Make a target of a dataset, with a token or the name of the environment variable that has one.

    Raises `InvalidInput` for an endpoint that nothing may be sent to, for what is no repository's name, and unless
    there is exactly one token; `Conflict` where a dataset has that repository already.
    """
    check_can_keep_targets(actor=actor)
    target = HubTarget(dataset=dataset, repo=repo.strip(), created_by_id=actor.pk)
    target.endpoint = endpoint.strip().rstrip("/") or endpoint_of_environment()
    if not may_be_kept(target.endpoint, to_private=settings.PUBLISHING_TO_PRIVATE_ADDRESSES):
        raise InvalidInput(_("An endpoint looks like https://huggingface.co, and is of no private network."))
    if "?" in target.endpoint or len(target.endpoint) > 300:
        raise InvalidInput(_("An endpoint looks like https://huggingface.co, and is of no private network."))
    if len(target.repo) > 193 or not REPO.fullmatch(target.repo):
        raise InvalidInput(_("Name the repository as ORG/NAME, as the Hub has it."))
    if HubTarget.objects.filter(dataset=dataset, removed_at=None).count() >= MOST:
        raise Conflict(_("There are %(n)s targets already. Remove one first.") % {"n": MOST})
    _put_token(target, token, token_variable)
    with transaction.atomic():
        try:
            with transaction.atomic():
                target.save()
        except IntegrityError:
            raise Conflict(
                _("%(repo)s is a target already, of this dataset or another.") % {"repo": target.repo}
            ) from None
        record(actor=actor, verb="hub_target.created", target=target, **_about(target))
    return target


def replace_token(*, actor: Actor, target: HubTarget, token: str = "", token_variable: str = "") -> HubTarget:
    """Give a target another token. Raises `InvalidInput` unless there is exactly one, `Conflict` if it is removed."""
    check_can_keep_targets(actor=actor)
    with transaction.atomic():
        row = _locked(target)
        if row.removed_at is not None:
            raise Conflict(_("This target has been removed."))
        _put_token(row, token, token_variable)
        row.save(update_fields=["encrypted_token", "token_set_at", "token_variable"])
        record(actor=actor, verb="hub_target.token_replaced", target=row, **_about(row))
    return row


def remove_target(*, actor: Actor, target: HubTarget) -> None:
    """Forget a target's token and publish nothing more there. What is there stays. Twice changes nothing.

    Raises `Conflict` while something is being published there.
    """
    check_can_keep_targets(actor=actor)
    with transaction.atomic():
        row = _locked(target)
        if row.removed_at is not None:
            return
        if Publication.objects.filter(target=row, state=PublicationState.RUNNING).exists():
            raise Conflict(_("Something is being published there. Wait until that has ended."))
        waiting = Publication.objects.filter(target=row, state=PublicationState.PENDING)
        waiting.update(state=PublicationState.FAILED, error=REMOVED)
        row.encrypted_token = row.token_set_at = None
        row.removed_at = timezone.now()
        row.save(update_fields=["encrypted_token", "token_set_at", "removed_at"])
        record(actor=actor, verb="hub_target.removed", target=row, **_about(row))


def _locked(target: HubTarget) -> HubTarget:
    return HubTarget.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=target.pk)


def _put_token(target: HubTarget, token: str, variable: str) -> None:
    token, variable = token.strip(), variable.strip()
    if bool(token) == bool(variable):
        raise InvalidInput(_("Enter a token, or name the environment variable that has one."))
    if variable:
        if len(variable) > 60 or not VARIABLE.fullmatch(variable):
            raise InvalidInput(
                _("A variable for a token is called HF_TOKEN or HUB_TOKEN, or begins so: HUB_TOKEN_OURS.")
            )
        if target.endpoint != endpoint_of_environment():
            raise InvalidInput(
                _("A token of the environment goes to %(endpoint)s alone. Enter a token for another Hub.")
                % {"endpoint": endpoint_of_environment()}
            )
        target.encrypted_token = target.token_set_at = None
        target.token_variable = variable
        return
    # What a header can carry; anything else is a slip of the clipboard.
    if not (token.isascii() and token.isprintable()) or " " in token or len(token) > LONGEST_TOKEN:
        raise InvalidInput(_("That is no token: it has spaces or letters that no token has."))
    target.token_variable = ""  # nosec
    target.encrypted_token, target.token_set_at = encrypt_token(token, target=target), timezone.now()


def _about(target: HubTarget) -> dict[str, str]:
    return {"dataset": str(target.dataset), "repo": target.repo, "host": target.host}
