"""Making a dataset, saying what it is, and changing who may open it."""

import re
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit import actions as audit
from curation.core.errors import Conflict, InvalidInput
from curation.releases import licences
from curation.releases.models import Approval, CardVersion, Dataset
from curation.releases.models.approval import ApprovalKind, ApprovalState
from curation.releases.models.dataset import LONGEST_AUTHOR, Visibility
from curation.releases.permissions import check_can_create_dataset, check_can_release
from curation.releases.queries.find import check_name
from curation.releases.queries.publishable import refuse_unless_publishable
from curation.releases.second_person import check_somebody_asks, needs_second_person

VERBS = {
    Visibility.PUBLIC: "dataset.made_public",
    Visibility.SIGNED_IN: "dataset.opened_to_signed_in",
    Visibility.GATED: "dataset.gated",
    Visibility.PRIVATE: "dataset.made_private",
}
DEFAULT_LICENSE = "CC-BY-4.0"
MOST_AUTHORS = 100
# As Crossref recommends to match them, less the rarest.
DOI = re.compile(r"10\.\d{4,9}/[-._;()/:A-Za-z0-9]{1,180}")


def create_dataset(
    *,
    actor: Actor,
    org: str,
    name: str,
    title: str = "",
    description: str = "",
    license: str = DEFAULT_LICENSE,
    visibility: str = Visibility.PRIVATE,
    authors: Sequence[str] = (),
    doi: str = "",
) -> Dataset:
    """Make a dataset `org/name`, empty until its first release.

    Unless it is private it needs a licence that lets people pass it on. A gated one lets nobody in before it has terms.
    Raises `InvalidInput` for a bad name or licence, `Conflict` when the name is taken, in whatever case: names are
    never reused.
    """
    check_can_create_dataset(actor=actor, org=None)
    check_name(org, name)
    check_can_create_dataset(actor=actor, org=org)
    if visibility not in Visibility.values:
        raise InvalidInput(_("A dataset is public, for the signed-in, gated or private."))
    spdx = licences.known(license)
    if visibility != Visibility.PRIVATE and not spdx:
        text = _("“%(license)s” is not a licence for a dataset that others get. These are: %(known)s.")
        raise InvalidInput(text % {"license": license[:80], "known": ", ".join(licences.KNOWN)})
    try:
        with transaction.atomic():
            dataset = Dataset.objects.create(
                org=org,
                name=name,
                title=title.strip() or f"{org}/{name}",
                description=description.strip(),
                license=spdx or license.strip(),
                visibility=visibility,
                authors=checked_authors(authors),
                doi=checked_doi(doi),
                created_by_id=actor.pk,
            )
            write_card(actor, dataset)
            audit.record(actor=actor, verb="dataset.created", target=dataset, name=str(dataset), visibility=visibility)
    except IntegrityError as error:
        raise Conflict(
            _("%(org)s/%(name)s exists already; capitals make no difference. Choose another name.")
            % {"org": org, "name": name}
        ) from error
    return dataset


def describe_dataset(
    *,
    actor: Actor,
    dataset: Dataset,
    title: str | None = None,
    description: str | None = None,
    authors: Sequence[str] | None = None,
    doi: str | None = None,
) -> Dataset:
    """Change what a dataset says of itself; None leaves it as it is, and an empty title becomes the name.

    That makes a new version of its card, which its pages show and later releases begin with, and no release: those that
    are there stay as they are. Raises `InvalidInput` for what is no DOI, or an author's name that is too long.
    """
    check_can_release(actor=actor, dataset=dataset)
    with transaction.atomic():
        row = Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
        before = (row.title, row.description, row.authors, row.doi)
        row.title = row.title if title is None else title.strip() or str(row)
        row.description = row.description if description is None else description.strip()
        row.authors = row.authors if authors is None else checked_authors(authors)
        row.doi = row.doi if doi is None else checked_doi(doi)
        if (row.title, row.description, row.authors, row.doi) != before:
            row.save(update_fields=["title", "description", "authors", "doi"])
            number = write_card(actor, row)
            audit.record(actor=actor, verb="dataset.described", target=row, title=row.title, card=number)
    return row


def write_card(actor: Actor, dataset: Dataset) -> int:
    """Keep what a dataset says of itself now as the next version of its card; return its number."""
    newest = dataset.cards.aggregate(newest=Max("number"))["newest"] or 0
    said = {name: getattr(dataset, name) for name in ("title", "description", "authors", "doi")}
    return CardVersion.objects.create(dataset=dataset, number=newest + 1, written_by_id=actor.pk, **said).number


def checked_authors(names: Sequence[str]) -> list[str]:
    """Return authors' names without those that are empty; `InvalidInput` if there are too many or one is too long."""
    found = [" ".join(name.split()) for name in names if name.strip()]
    if len(found) > MOST_AUTHORS or any(len(name) > LONGEST_AUTHOR for name in found):
        text = _("Name up to %(most)s authors, each in up to %(longest)s characters.")
        raise InvalidInput(text % {"most": MOST_AUTHORS, "longest": LONGEST_AUTHOR})
    return found


def checked_doi(written: str) -> str:
    """Return a DOI without its address; `InvalidInput` for what is none."""
    doi = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", written.strip(), flags=re.IGNORECASE)
    if doi and not DOI.fullmatch(doi):
        raise InvalidInput(_("“%(doi)s” is not a DOI: write it as 10.1234/abc.") % {"doi": written.strip()[:80]})
    return doi


def set_visibility(*, actor: Actor, dataset: Dataset, visibility: str) -> Approval | None:
    """Say who may open a dataset with all its versions: see `Visibility`.

    Where public releases need a second person, public is asked for, and what waits is returned; None once it is so.
    Asking again finds what waits. Raises `InvalidInput` for another word, and `Conflict` where a licence forbids it.
    """
    check_can_release(actor=actor, dataset=dataset)
    if visibility not in Visibility.values:
        raise InvalidInput(_("A dataset is public, for the signed-in, gated or private."))
    with transaction.atomic():
        locked = Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
        waits = locked.approvals.filter(what=ApprovalKind.PUBLICATION, state=ApprovalState.WAITING).first()
        if locked.visibility == visibility:
            return None
        if waits and visibility == Visibility.PUBLIC:
            return waits
        if visibility != Visibility.PRIVATE:
            refuse_unless_publishable(locked)
        if visibility == Visibility.PUBLIC:
            check_somebody_asks(actor=actor, what=ApprovalKind.PUBLICATION, dataset=locked)
            if needs_second_person(ApprovalKind.PUBLICATION, locked):
                asked = Approval.objects.create(what=ApprovalKind.PUBLICATION, dataset=locked, asked_by_id=actor.pk)
                audit.record(actor=actor, verb="approval.asked_for", target=locked)
                return asked
        locked.visibility = visibility
        locked.save(update_fields=["visibility"])
        audit.record(actor=actor, verb=VERBS[Visibility(visibility)], target=locked)
    return None
