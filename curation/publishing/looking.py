"""Looking at a repository without changing it: where a version belongs, what would change, and what is in the way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from curation.publishing import faults
from curation.publishing.faults import HubTrouble
from curation.publishing.hub import MAIN, Hub
from curation.publishing.models import HubTarget, Publication
from curation.publishing.queries import in_repository, paths_of, released_files
from curation.publishing.repository import HubCommit, Remote, WantedFile
from curation.releases.models import Release

# What the Hub puts into a repository that it makes.
OF_THE_HUB = {".gitattributes"}
MARK = "Exempla publication "
SHOWN = 7


@dataclass(frozen=True)
class FileChange:
    """What would become of one file: "add", "change", "same" or "remove". `size` is in bytes, as it would be."""

    path: str
    size: int
    sha256: str
    change: str


@dataclass(frozen=True)
class Plan:
    """What publishing a version would do. `private` is None where the repository is to be made.

    `tag` is "new", or "there" where it has exactly these files already. `problem` says what is in the way, in words
    that are stored; then nothing would be changed.
    """

    branch: str
    private: bool | None
    head: str
    tag: str
    files: Sequence[FileChange] = field(default_factory=list)
    problem: str = ""

    @property
    def bytes_to_send(self) -> int:
        """How many bytes would be uploaded at most; what the Hub has of them is not sent again."""
        return sum(one.size for one in self.files if one.change in ("add", "change"))


def marked(message: str) -> str:
    """Return the publication that a commit was made for, by its `uuid`; empty for a commit of somebody else."""
    for line in message.splitlines():
        if line.startswith(MARK):
            return line.removeprefix(MARK).strip()
    return ""


def message_of(publication: Publication) -> str:
    """Return the message of a commit that is made for a publication."""
    return f"{MARK}{publication.uuid}"


def is_ours(target: HubTarget, commit: HubCommit) -> bool:
    """Whether a commit was made from here, for this repository."""
    known = {str(one) for one in in_repository(target).values_list("uuid", flat=True)}
    return bool(marked(commit.message)) and marked(commit.message) in known


def differences(
    wanted: Sequence[WantedFile], there: Mapping[str, Remote], ours: Collection[str]
) -> tuple[list[WantedFile], list[str]]:
    """Return the files to add or change, and the paths to remove: what was published from here and is not wanted."""
    adds = [one for one in wanted if one.path not in there or not there[one.path].is_same(one)]
    paths = {one.path for one in wanted}
    return adds, sorted(path for path in there if path in ours and path not in paths)


def branch_of(target: HubTarget, release: Release) -> tuple[str, str]:
    """Return the branch that a version belongs to, and the commit that it begins at if it has to be made.

    That is the main branch for the newest version; an older line has a branch of its own, so that the main branch does
    not go back to it.
    """
    others = [one for one in in_repository(target).exclude(commit="") if one.release_id != release.pk]
    if all(one.release.number < release.number for one in others):
        return MAIN, ""
    older = [one for one in others if one.release.number < release.number]
    start = max(older, key=lambda one: one.release.number) if older else min(others, key=lambda one: one.release.number)
    return f"{release.major}.{release.minor}.x", start.commit


def our_paths(target: HubTarget) -> set[str]:
    """Return every path that a version published to this repository has a file at."""
    return paths_of(one.release for one in in_repository(target))


def check_head(
    hub: Hub, target: HubTarget, *, head: str, there: Mapping[str, Remote], accepted: str, commits: Sequence[HubCommit]
) -> None:
    """Raise `HubTrouble` unless this may be built on: a commit of ours, one that was accepted, or an empty start."""
    if head == accepted or not set(there) - OF_THE_HUB:
        return
    newest = next((one for one in commits if one.oid == head), HubCommit(head, "", ""))
    if is_ours(target, newest):
        return
    about = {"repo": hub.repo, "commit": head[:SHOWN]}
    if in_repository(target).exclude(commit="").exists():
        raise HubTrouble(faults.FOREIGN % {**about, "title": newest.title[:80]}, head=head)
    raise HubTrouble(faults.OCCUPIED % about, head=head)


def plan(hub: Hub, *, target: HubTarget, release: Release, accepted: str = "") -> Plan:
    """Return what publishing a version would do. Changes nothing. Raises `HubTrouble` as any call does."""
    wanted = released_files(release)
    branch, start = branch_of(target, release)
    private = hub.is_private()
    if private is None:
        problem = ""
        if in_repository(target).exclude(commit="").exists():
            problem = faults.GONE % {"repo": hub.repo}
        files = [FileChange(one.path, one.size, one.sha256, "add") for one in wanted]
        return Plan(branch, None, "", "new", files, problem)
    refs = hub.refs()
    head, tagged = refs.branches.get(branch) or start, refs.tags.get(release.version, "")
    there = hub.tree(head) if head else {}
    if tagged:
        at_tag = hub.tree(tagged)
        same = not differences(wanted, at_tag, ())[0]
        problem = "" if same else elsewhere(hub, release, tagged)
        kept = [FileChange(one.path, one.size, one.sha256, "same") for one in wanted]
        return Plan(branch, private, head, "there", kept if same else [], problem)
    adds, removes = differences(wanted, there, our_paths(target))
    changed = {one.path for one in adds}
    files = [
        FileChange(
            one.path,
            one.size,
            one.sha256,
            ("change" if one.path in there else "add") if one.path in changed else "same",
        )
        for one in wanted
    ]
    files += [FileChange(path, 0, "", "remove") for path in removes]
    problem = ""
    try:
        if not private and target.public_asked_at is None:
            raise HubTrouble(faults.ALREADY_PUBLIC % {"repo": hub.repo})
        check_head(hub, target, head=head, there=there, accepted=accepted, commits=hub.commits(branch))
    except HubTrouble as trouble:
        if trouble.status:
            raise
        problem = trouble.words
    return Plan(branch, private, head, "new", files, problem)


def elsewhere(hub: Hub, release: Release, tagged: str) -> str:
    """Say that the version's tag is there and holds something else."""
    return faults.TAG_ELSEWHERE % {"repo": hub.repo, "tag": release.version, "commit": tagged[:SHOWN]}
