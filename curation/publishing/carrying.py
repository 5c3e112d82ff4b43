"""Carrying out a publication: one commit, one tag, read back; then what was withdrawn since, and who may see it.

Every step first looks whether it is done. So a run that was killed anywhere, or whose answer was lost, is gone on with
by the next one, and running again changes nothing. No transaction is open while a Hub is called.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from curation.accounts.actors import SYSTEM
from curation.audit.actions import record
from curation.core import leases
from curation.core.errors import ExemplaError
from curation.core.leases import Lease, LeaseLost, is_retryable
from curation.publishing import faults
from curation.publishing.destroying import destroy
from curation.publishing.faults import HubTrouble
from curation.publishing.hub import MAIN, Hub
from curation.publishing.keys import token_of
from curation.publishing.looking import (
    OF_THE_HUB,
    branch_of,
    check_head,
    differences,
    elsewhere,
    marked,
    message_of,
    our_paths,
)
from curation.publishing.models import HubTarget, Publication, PublicationState
from curation.publishing.queries import in_repository, is_purged, main_files, released_files, withdrawals_of
from curation.publishing.repository import Refs, WantedFile
from curation.releases.models.dataset import Dataset, Visibility
from curation.webhooks.emitting import emit

log = logging.getLogger(__name__)
Progress = Callable[[int, int], None]
# A Hub that is away is asked so often, twice as long after each time: for half an hour or so.
MOST_TRIES = 13
LONGEST_PAUSE = 8  # as a power of two, in seconds


def nothing(done: int, total: int) -> None:
    """Tell nobody of the progress."""


def claim(pk: int | None = None) -> tuple[Publication, Lease] | None:
    """Take the publication that has waited longest, or that of `pk` if it waits; None if there is none.

    Of one target only one is carried out at a time.
    """
    rows = Publication.objects.select_related("target__dataset", "release__dataset", "release__withdrawn")
    busy = Publication.objects.filter(state=PublicationState.RUNNING).values("target")
    among = ~Q(target__in=busy) if pk is None else ~Q(target__in=busy) & Q(pk=pk)
    try:
        return leases.claim_one(rows, among=among)
    except IntegrityError:
        # Somebody took another of the same target at this moment.
        return None


def carry_out_due() -> int:
    """Carry out everything that waits, and return how many were tried. What went wrong is kept with each."""
    return leases.carry_out_each(claim, carry_out)


def carry_out(publication: Publication, lease: Lease, progress: Progress = nothing) -> str:
    """Carry out a claimed publication, and return its state. An interruption gives it back."""
    with lease:
        try:
            target = publication.target
            hub = Hub(endpoint=target.endpoint, repo=target.repo, token=token_of(target))
            Carrying(publication, lease, hub, progress).run()
            return PublicationState.DONE
        except LeaseLost:
            raise
        except Exception as error:
            return keep_reason(publication, lease, error)
        except BaseException:
            lease.give_back()
            raise


def keep_reason(publication: Publication, lease: Lease, error: Exception) -> str:
    """Let it wait if the error may pass, else fail; return which."""
    trouble = error if isinstance(error, HubTrouble) else HubTrouble(in_words(error), passes=is_retryable(error))
    if not isinstance(error, HubTrouble | ExemplaError | OSError):
        log.error("publication %s", publication.pk, exc_info=error)
    again = trouble.passes and publication.attempts < MOST_TRIES
    state = PublicationState.PENDING if again else PublicationState.FAILED
    pause = max(trouble.after, 2.0 ** min(publication.attempts, LONGEST_PAUSE))
    with suppress(DatabaseError), lease.storing():
        lease.end(state, error=trouble.words, found_head=trouble.head, next_at=Now() + timedelta(seconds=pause))
    return state


def in_words(error: Exception) -> str:
    """Say what went wrong that is no trouble with the Hub."""
    if isinstance(error, ExemplaError):
        return error.message
    return faults.FAILED % {"error": type(error).__name__}


class Carrying:
    """One run of a publication that is held by `lease`."""

    def __init__(self, publication: Publication, lease: Lease, hub: Hub, progress: Progress) -> None:
        self.publication, self.lease, self.hub, self.progress = publication, lease, hub, progress
        self.target, self.release = publication.target, publication.release

    def run(self) -> None:
        """Do what is yet to be done. Raises `HubTrouble`."""
        if self.publication.published_at is None:
            self.publish()
        told = withdrawals_of(self.target.dataset)
        try:
            self.follow()
        finally:
            # Whatever keeps the main branch from telling of it.
            self.destroy()
        self.see_to_public()
        with self.lease.storing():
            HubTarget.objects.filter(pk=self.target.pk).update(told=told)
            self.lease.end(PublicationState.DONE, error="", found_head="", attempts=0)

    def note(self, **changes: object) -> None:
        """Write down how far it is."""
        with self.lease.storing():
            self.lease.update(**changes)
        for name, value in changes.items():
            setattr(self.publication, name, value)

    def publish(self) -> None:
        """Bring the version there: repository, commit, tag, and read it back."""
        wanted = released_files(self.release)
        if is_purged(self.release):
            self.destroy()
            raise HubTrouble(faults.PURGED)
        if not self.publication.commit and hasattr(self.release, "withdrawn"):
            raise HubTrouble(faults.WITHDRAWN)
        self.ensure_repository()
        if not self.publication.commit:
            self.note(commit=self.committed(wanted), files_total=len(wanted), files_done=0)
        self.tag(wanted)
        self.check(wanted)
        commit = self.publication.commit
        with self.lease.storing():
            self.lease.update(published_at=Now())
            record(
                actor=SYSTEM,
                verb="release.published",
                target=self.release,
                repo=self.target.repo,
                host=self.target.host,
                commit=commit,
            )
            emit(
                event="release.published",
                thing="release",
                key=f"{self.release.dataset}/releases/{self.release.version}",
                id=self.release.pk,
                dataset=str(self.release.dataset),
                version=self.release.version,
                endpoint=self.target.endpoint,
                repo=self.target.repo,
                commit=commit,
            )

    def ensure_repository(self) -> None:
        """Have the repository be there, and be private unless somebody said that it may be public."""
        private = self.hub.is_private()
        if private is None:
            if in_repository(self.target).exclude(commit="").exists():
                raise HubTrouble(faults.GONE % {"repo": self.hub.repo})
            self.hub.make()
        elif not private and self.target.public_asked_at is None:
            raise HubTrouble(faults.ALREADY_PUBLIC % {"repo": self.hub.repo})

    def committed(self, wanted: Sequence[WantedFile]) -> str:
        """Return the commit that has exactly the version's files; made now, unless an earlier run has made it."""
        refs = self.hub.refs()
        tagged = refs.tags.get(self.release.version)
        if tagged:
            if differences(wanted, self.hub.tree(tagged), our_paths(self.target)) != ([], []):
                raise HubTrouble(elsewhere(self.hub, self.release, tagged))
            return tagged
        branch, start = branch_of(self.target, self.release)
        if branch not in refs.branches and branch != MAIN:
            self.hub.branch(branch, start=start)
            refs = self.hub.refs()
        for commit in self.hub.commits(branch) if branch in refs.branches else []:
            if marked(commit.message) == str(self.publication.uuid):
                return commit.oid
        return self.brought(branch, refs, wanted, f"Release {self.release.version}")

    def brought(self, branch: str, refs: Refs, wanted: Sequence[WantedFile], title: str) -> str:
        """Return a commit of `branch` that has these files and nothing else of ours: its head, or one on top of it."""
        head = refs.branches[branch]
        there = self.hub.tree(head)
        adds, removes = differences(wanted, there, our_paths(self.target))
        accepted = self.publication.accepted_head
        if not adds and not removes:
            return head
        commits = self.hub.commits(branch) if set(there) - OF_THE_HUB else []
        check_head(self.hub, self.target, head=head, there=there, accepted=accepted, commits=commits)
        return self.hub.commit(
            adds=adds,
            deletes=removes,
            title=title,
            message=message_of(self.publication),
            parent=head,
            branch=branch,
        )

    def tag(self, wanted: Sequence[WantedFile]) -> None:
        """Have the version's tag be at its commit."""
        version, commit = self.release.version, self.publication.commit
        tagged = self.hub.refs().tags.get(version)
        if tagged is None:
            self.hub.tag(version, commit=commit, message=f"{self.release.dataset} {version}")
            tagged = self.hub.refs().tags.get(version)
        if tagged is None:
            raise HubTrouble(faults.NOT_TAGGED % {"tag": version}, passes=True)
        if tagged != commit:
            raise HubTrouble(elsewhere(self.hub, self.release, tagged))
        if self.publication.tagged_at is None:
            with self.lease.storing():
                self.lease.update(tagged_at=Now())

    def check(self, wanted: Sequence[WantedFile]) -> None:
        """Read every file back by the tag, and compare it with what was released."""
        version = self.release.version
        there = self.hub.tree(version)
        for one in wanted:
            if one.path not in there:
                raise HubTrouble(faults.MISSING % {"path": one.path, "repo": self.hub.repo})
        for done, one in enumerate(wanted, start=1):
            if self.hub.digest(version, one.path) != (one.size, one.sha256):
                raise HubTrouble(faults.DIFFERS % {"path": one.path, "repo": self.hub.repo})
            self.lease.note(files_done=done)
            self.progress(done, len(wanted))

    def follow(self) -> None:
        """Have the main branch tell of what was withdrawn, and have the newest version that was not."""
        wanted = main_files(self.target)
        if wanted is not None:
            self.brought(MAIN, self.hub.refs(), wanted, "Withdrawals")

    def destroy(self) -> None:
        """Destroy there what was purged here."""
        if done := destroy(self.hub, self.target, self.publication):
            with self.lease.storing():
                about = {"repo": self.target.repo, "host": self.target.host, **done}
                record(actor=SYSTEM, verb="hub_target.purged", target=self.target, **about)
        self.note_lost_tags()

    def note_lost_tags(self) -> None:
        """Write down of which versions with destroyed files the tag is gone."""
        tagged = in_repository(self.target).filter(tagged_at__isnull=False, untagged_at=None)
        if not (purged := [row for row in tagged if is_purged(row.release)]):
            return
        tags = self.hub.refs().tags
        lost = {row.pk for row in purged if row.release.version not in tags}
        with self.lease.storing():
            if self.publication.pk in lost:
                self.lease.update(untagged_at=Now())
            # One that another worker holds is noted by that.
            others = Publication.objects.filter(pk__in=lost - {self.publication.pk})
            others.exclude(state=PublicationState.RUNNING).update(untagged_at=Now())

    def check_history(self) -> None:
        """Raise `HubTrouble` while the history still has words of a purged story, for everybody to see from now on."""
        for row in in_repository(self.target).filter(untagged_at__isnull=False):
            try:
                self.hub.tree(row.commit)
            except HubTrouble as trouble:
                # Whoever owns the repository has taken that out.
                if trouble.status != 404:
                    raise
            else:
                about = {"repo": self.hub.repo, "commit": row.commit[:7]}
                raise HubTrouble(faults.PURGED_IN_HISTORY % about)

    def see_to_public(self) -> None:
        """Let everybody see the repository, if somebody has asked for that."""
        target = HubTarget.objects.get(pk=self.target.pk)
        if target.public_asked_at is None or target.public_at is not None:
            return
        if Dataset.objects.get(pk=target.dataset_id).visibility != Visibility.PUBLIC:
            raise HubTrouble(faults.NOT_PUBLIC_HERE % {"dataset": self.release.dataset})
        if self.hub.is_private():
            self.check_history()
            self.hub.make_public()
            if self.hub.is_private() is not False:
                raise HubTrouble(faults.STILL_PRIVATE % {"repo": self.hub.repo})
        with self.lease.storing(), transaction.atomic():
            HubTarget.objects.filter(pk=target.pk).update(public_at=Now())
            record(actor=SYSTEM, verb="hub_target.made_public", target=target, repo=target.repo, host=target.host)
