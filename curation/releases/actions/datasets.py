"""Making a dataset, and saying what it is."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from curation.accounts.actors import Actor
from curation.audit import actions as audit
from curation.core.errors import Conflict, InvalidInput
from curation.releases import licences
from curation.releases.models import Dataset
from curation.releases.models.dataset import Visibility
from curation.releases.permissions import check_can_create_dataset, check_can_release
from curation.releases.queries.find import check_name

DEFAULT_LICENSE = "CC-BY-4.0"


def create_dataset(
    *,
    actor: Actor,
    org: str,
    name: str,
    title: str = "",
    description: str = "",
    license: str = DEFAULT_LICENSE,
    visibility: str = Visibility.PRIVATE,
) -> Dataset:
    """Make a dataset `org/name`, empty until its first release.

    A public one needs a licence that lets people pass it on. Raises `InvalidInput` for a bad name or licence,
    `Conflict` when the name is taken, in whatever case: names are never reused.
    """
    check_can_create_dataset(actor=actor)
    check_name(org, name)
    check_can_create_dataset(actor=actor, org=org)
    if visibility not in Visibility.values:
        raise InvalidInput(_("A dataset is public or private."))
    spdx = licences.known(license)
    if visibility == Visibility.PUBLIC and not spdx:
        text = _("“%(license)s” is not a licence for a public dataset. These are: %(known)s.")
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
                created_by_id=actor.pk,
            )
            audit.record(actor=actor, verb="dataset.created", target=dataset, name=str(dataset), visibility=visibility)
    except IntegrityError as error:
        raise Conflict(
            _("%(org)s/%(name)s exists already; capitals make no difference. Choose another name.")
            % {"org": org, "name": name}
        ) from error
    return dataset


def describe_dataset(
    *, actor: Actor, dataset: Dataset, title: str | None = None, description: str | None = None
) -> Dataset:
    """Change what the cards of later versions say; None leaves it as it is, and an empty title becomes the name.

    Versions that are there stay as they are.
    """
    check_can_release(actor=actor, dataset=dataset)
    with transaction.atomic():
        row = Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
        before = (row.title, row.description)
        row.title = before[0] if title is None else title.strip() or str(row)
        row.description = before[1] if description is None else description.strip()
        if (row.title, row.description) != before:
            row.save(update_fields=["title", "description"])
            audit.record(actor=actor, verb="dataset.described", target=row, title=row.title)
    return row
