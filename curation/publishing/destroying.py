"""What was purged here is destroyed in the published copies, as far as a Hub lets its clients do that.

No branch has the files any more, and what is stored as LFS (the rows of any real version) is destroyed for every
revision: its name and hash stay in the history, as they do here. What git itself holds of a file stays in the history,
which no client can change without taking out all of it: there the version loses its tag, and whoever owns the
repository is told. Every step looks first, so that running again changes nothing.
"""

from collections.abc import Mapping

from curation.publishing import faults
from curation.publishing.faults import HubTrouble
from curation.publishing.hub import Hub
from curation.publishing.looking import message_of
from curation.publishing.models import HubTarget, Publication
from curation.publishing.queries import purged_files
from curation.publishing.repository import Refs, Remote, WantedFile

TITLE = "Remove what was purged"


def destroy(hub: Hub, target: HubTarget, publication: Publication) -> dict[str, object]:
    """Destroy what was purged of the versions in a repository; return what was done, or nothing.

    Raises `HubTrouble` where the Hub does not do it.
    """
    purged = purged_files(target)
    if not purged or hub.is_private() is None:
        return {}
    refs = hub.refs()
    named = {(one.path, one.sha256): one for files in purged.values() for one in files}
    removed = sum(_from_branch(hub, branch, head, named, publication) for branch, head in refs.branches.items())
    untagged = [version for version in purged if _has_plain(hub, refs, version, named)]
    for version in untagged:
        hub.untag(version)
    destroyed = _from_lfs(hub, {sha256 for _path, sha256 in named})
    if not removed and not untagged and not destroyed:
        return {}
    return {"removed": removed, "destroyed": destroyed, "untagged": untagged}


def _from_branch(
    hub: Hub, branch: str, head: str, named: Mapping[tuple[str, str], WantedFile], publication: Publication
) -> int:
    """Commit on top of a branch that it has these files no more; return how many those were."""
    gone = _held(hub.tree(head), named)
    if gone:
        message = message_of(publication)
        hub.commit(adds=[], deletes=gone, title=TITLE, message=message, parent=head, branch=branch)
    return len(gone)


def _has_plain(hub: Hub, refs: Refs, version: str, named: Mapping[tuple[str, str], WantedFile]) -> bool:
    """Whether a version's tag leads to such a file that git itself holds."""
    if version not in refs.tags:
        return False
    there = hub.tree(refs.tags[version])
    return any(not there[path].sha256 for path in _held(there, named))


def _held(there: Mapping[str, Remote], named: Mapping[tuple[str, str], WantedFile]) -> list[str]:
    return sorted({path for path, _sha256 in named if path in there and _is_one(there[path], path, named)})


def _is_one(remote: Remote, path: str, named: Mapping[tuple[str, str], WantedFile]) -> bool:
    return any(remote.is_same(one) for (at, _sha256), one in named.items() if at == path)


def _from_lfs(hub: Hub, hashes: set[str]) -> int:
    """Have the Hub destroy what it stores under these hashes; return how many there were."""
    there = hub.large_files(hashes)
    if not there:
        return 0
    hub.destroy_large(there)
    if hub.large_files(hashes):
        raise HubTrouble(faults.NOT_DESTROYED % {"repo": hub.repo}, passes=True)
    return len(there)
