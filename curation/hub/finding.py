"""Datasets and their versions, as the Hub's clients name them: a dataset, and a tag, a commit or `main`."""

import re

from django.urls import reverse
from django.utils.translation import gettext as _

from curation.access.queries.grants import terms_of
from curation.core.errors import AccessNeeded, Gone
from curation.hub.answers import COMMIT, GATED, UNKNOWN_DATASET, UNKNOWN_FILE, UNKNOWN_REVISION, RequestRefused
from curation.hub.callers import Caller
from curation.releases import versions
from curation.releases.models import Dataset, Release, ReleaseFile
from curation.releases.models.dataset import Visibility
from curation.releases.models.release import ReleaseQuerySet, ReleaseState
from curation.releases.views.files import purged_words

MAIN = "main"
COMMIT_WRITTEN = re.compile(r"[0-9a-f]{40}")


def commit_of(release: Release) -> str:
    """Return the version's commit: the first 40 digits of the SHA-256 of its manifest, which has all hashes."""
    return release.manifest_sha256[:40]


def headers_of(release: Release) -> dict[str, str]:
    """Return the headers of all that is sent of a version: its commit, and what the clients warn of if withdrawn."""
    if not hasattr(release, "withdrawn"):
        return {COMMIT: commit_of(release)}
    warning = f"withdrawn; {release} is withdrawn. Its page says why; use another version."
    return {COMMIT: commit_of(release), "X-HF-Warning": warning}


def find_dataset(caller: Caller, org: str, name: str) -> Dataset:
    """Return the dataset that is served to this caller.

    `RequestRefused` as gated for one that they were not let into, and otherwise as one that does not exist.
    """
    found = Dataset.objects.visible_to(caller).filter(org=org, name=name).first()
    if found is None:
        if Dataset.objects.listed_to(caller).filter(org=org, name=name).exists():
            raise not_let_in(caller, org, name)
        raise no_dataset(caller, f"{org}/{name}")
    return found


def gate_of(dataset: Dataset) -> str | bool:
    """Return how a dataset is gated, in the Hub's words: `manual` by curators, `auto` by accepting its terms."""
    if dataset.visibility != Visibility.GATED:
        return False
    terms = terms_of(dataset)
    return "auto" if terms and not terms.by_request else "manual"


def tagged(dataset: Dataset) -> ReleaseQuerySet:
    """Return the versions that are served, withdrawn ones too, the newest first."""
    found = Release.objects.filter(dataset=dataset, state=ReleaseState.BUILT).select_related("dataset", "withdrawn")
    return found.defer("manifest", "frozen").order_by("-major", "-minor", "-patch")


def newest(dataset: Dataset) -> Release | None:
    """Return what `main` is: the newest version that is not withdrawn, if there is one."""
    return tagged(dataset).current().first()


def find_release(caller: Caller, org: str, name: str, revision: str) -> Release:
    """Return the version that a tag, a commit in full or `main` names. `RequestRefused` for any other."""
    dataset = find_dataset(caller, org, name)
    if revision == MAIN:
        found = newest(dataset)
    elif COMMIT_WRITTEN.fullmatch(revision):
        found = tagged(dataset).filter(manifest_sha256__startswith=revision).first()
    else:
        found = _by_tag(dataset, revision)
    if found is None:
        text = _("There is no version %(version)s of %(name)s, or it is not open to you.")
        text %= {"version": revision[:60], "name": f"{org}/{name}"[:150]}
        raise RequestRefused(404, "not_found", _("Not found"), text, {"X-Error-Code": UNKNOWN_REVISION})
    return found


def _by_tag(dataset: Dataset, tag: str) -> Release | None:
    try:
        number = versions.parse(tag)
    except ValueError:
        return None
    return tagged(dataset).filter(major=number.major, minor=number.minor, patch=number.patch).first()


def no_dataset(caller: Caller, name: str) -> RequestRefused:
    """Return the answer for a dataset that does not exist or is not open to this caller, who cannot tell which."""
    text = _("There is no dataset %(name)s, or it is not open to you.") % {"name": name[:150]}
    said = {"X-Error-Code": UNKNOWN_DATASET}
    if caller.is_authenticated:
        return RequestRefused(404, "not_found", _("Not found"), text, said)
    return RequestRefused(401, "not_signed_in", _("Sign in first"), text, said)


def not_let_in(caller: Caller, org: str, name: str) -> RequestRefused:
    """Return the answer for a gated dataset whose terms the caller has yet to accept, or that they have to ask for."""
    page = reverse("dataset_access", args=[org, name])
    said = {"X-Error-Code": GATED}
    if not caller.is_authenticated:
        text = _("%(name)s is gated: send the token of somebody with access. How to get it: %(page)s")
        return RequestRefused(
            401, "not_signed_in", _("Sign in first"), text % {"name": f"{org}/{name}", "page": page}, said
        )
    text = _("%(name)s is gated: accept its terms, or ask for access, at %(page)s")
    title = str(AccessNeeded.title)
    return RequestRefused(403, "access_needed", title, text % {"name": f"{org}/{name}", "page": page}, said)


def no_file(release: Release, path: str) -> RequestRefused:
    """Return the answer for a path that the version does not have. The clients keep it as an answer of its commit."""
    text = _("%(version)s has no file %(path)s.") % {"version": release.version, "path": path[:100]}
    said = {"X-Error-Code": UNKNOWN_FILE, **headers_of(release)}
    return RequestRefused(404, "not_found", _("Not found"), text, said)


def destroyed(release: Release, file: ReleaseFile) -> RequestRefused:
    """Return the answer for a file that was destroyed with a story: it is listed, and its bytes are gone for good."""
    said = {"X-Error-Code": UNKNOWN_FILE, **headers_of(release)}
    return RequestRefused(410, Gone.code, str(Gone.title), purged_words(file), said)
