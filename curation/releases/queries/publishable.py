"""Whether others may get a dataset as it is: its licence, and those of the stories in its versions."""

from django.utils.translation import gettext as _

from curation.core.errors import Conflict
from curation.releases import licences
from curation.releases.models import Dataset
from curation.releases.models.release import COMPLETE


def refuse_unless_publishable(dataset: Dataset) -> None:
    """Raise `Conflict` where its licence does not let others get it, or asks for less than that of a story in it.

    The licences are those that were frozen with its versions.
    """
    if not licences.known(dataset.license):
        text = _("“%(license)s” is not a licence for a dataset that others get. These are: %(known)s.")
        raise Conflict(text % {"license": dataset.license, "known": ", ".join(licences.KNOWN)})
    versions = dataset.releases.filter(state__in=COMPLETE).defer("manifest").select_related("dataset")
    for release in versions:
        found = release.frozen["counts"]["licenses"]
        if kept_out := [name for name in found if not licences.may_go_under(name, dataset.license)]:
            text = _("%(version)s has stories that others may not get under %(license)s. Their licences: %(names)s.")
            names = ", ".join(sorted(name or _("unknown") for name in kept_out))
            raise Conflict(text % {"version": release.version, "license": dataset.license, "names": names})
