"""Publishes a version at the targets of its dataset, or says what that would do, or compares what is there."""

import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils import translation

from curation.accounts.actors import SYSTEM, Actor
from curation.accounts.people import named_person
from curation.core.commands import ExemplaCommand
from curation.core.errors import Conflict, InvalidInput
from curation.publishing.actions import publish, retry
from curation.publishing.carrying import carry_out, claim
from curation.publishing.faults import fault_in_words
from curation.publishing.loading import compare
from curation.publishing.models import HubTarget, Publication, PublicationState
from curation.publishing.previewing import preview
from curation.publishing.queries import publications_of, targets_of
from curation.releases.models import Release
from curation.releases.queries.find import load_release, split_name


class Command(ExemplaCommand):
    """Carries it out here and now. Whatever stopped it, running it again goes on where it was."""

    help = "Publish a built version to the Hub: one commit, one tag, read back and compared."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the version, and where to."""
        super().add_arguments(parser)
        parser.add_argument("dataset", metavar="ORG/NAME")
        parser.add_argument("version", metavar="VERSION")
        parser.add_argument("--target", metavar="REPO", help="one repository of its targets; otherwise all of them")
        doing = parser.add_mutually_exclusive_group()
        doing.add_argument("--dry-run", action="store_true", help="say what would change, file by file; change nothing")
        doing.add_argument("--check", action="store_true", help="compare what is published with what was released")
        parser.add_argument("--as", dest="person", metavar="NAME", help="who does it; otherwise the application does")

    def run(self, options: dict[str, Any]) -> None:
        """Publish, and report."""
        self.quiet: bool = options["json"]
        actor: Actor = named_person(options["person"]) if options["person"] else SYSTEM
        release = load_release(actor, *split_name(options["dataset"]), options["version"])
        reports, failed = [], 0
        for target in chosen(release, options["target"]):
            one = self.one(actor, release, target, options)
            reports.append({"repo": target.repo, "endpoint": target.endpoint, **one})
            failed += not one["ok"]
        if options["json"]:
            about = {"dataset": options["dataset"], "version": release.version, "ok": not failed}
            self.report({**about, "targets": reports})
        if failed:
            raise Conflict(
                f"{release}: {failed} of {len(reports)} target{'s' if len(reports) > 1 else ''} not as wanted."
            )

    def one(self, actor: Actor, release: Release, target: HubTarget, options: dict[str, Any]) -> dict[str, Any]:
        """Do what was asked for at one target, say how that went, and return it."""
        if options["dry_run"]:
            return self.previewed(actor, release, target)
        if options["check"]:
            return self.compared(release, target)
        row = publish(actor=actor, release=release, target=target)
        if row.state == PublicationState.FAILED or (row.state == PublicationState.PENDING and row.error):
            row = retry(actor=actor, publication=row)
        while row.state in {PublicationState.PENDING, PublicationState.RUNNING}:
            claimed = claim(row.pk)
            if claimed is None:
                # A worker was faster, or has another version for the same repository.
                time.sleep(0.5)
            else:
                carry_out(*claimed, lambda done, total: self.line.draw(done, total, "files read back"))
            row.refresh_from_db()
            if row.state == PublicationState.PENDING and row.error and row.attempts:
                # A worker tries it again, later.
                break
            self.line.draw(row.files_done, row.files_total, "files read back")
        with translation.override("en"):
            said = fault_in_words(row.error)
        ok = row.state == PublicationState.DONE
        state = "published" if ok else "under way" if row.state == PublicationState.RUNNING else "not published"
        self.told(f"{target}: {release.version} is {state}{f' as {row.commit}' if ok else ''}. {said}".strip())
        return {"ok": ok, "state": row.state, "commit": row.commit, "error": said}

    def previewed(self, actor: Actor, release: Release, target: HubTarget) -> dict[str, Any]:
        """Say what publishing would do."""
        found = preview(actor=actor, release=release, target=target)
        made = "a new private repository" if found.private is None else f"the branch {found.branch}"
        self.told(f"{target}: {made}; at most {found.bytes_to_send:,} bytes are sent.")
        self.told(*(f"  {one.change:<6} {one.size:>12,} {one.sha256[:12]:<12} {one.path}" for one in found.files))
        if found.problem:
            self.told(f"  In the way: {found.problem}")
        return {"ok": not found.problem, **asdict(found), "bytes_to_send": found.bytes_to_send}

    def compared(self, release: Release, target: HubTarget) -> dict[str, Any]:
        """Compare what is published with the release."""
        row: Publication | None = publications_of(release).filter(target=target).exclude(published_at=None).first()
        if row is None:
            return {"ok": False, "problems": [f"{release.version} is not published at {target.repo}."]}
        found = compare(row, lambda done, total: self.line.draw(done, total, "files read back"))
        how = ", and loads with datasets" if found.loaded else ""
        self.told(*found.problems)
        if not found.problems:
            self.told(f"{target}: {found.files} files as released{how}.")
        return {"ok": not found.problems, **asdict(found)}

    def told(self, *lines: str) -> None:
        """Say it to people; with `--json` the one object says it."""
        if not self.quiet:
            self.say(*lines)


def chosen(release: Release, repo: str | None) -> list[HubTarget]:
    """Return the targets that are meant; `InvalidInput` where there is none."""
    found = [one for one in targets_of(release.dataset) if repo is None or one.repo == repo]
    if not found and repo is None:
        raise InvalidInput(f"{release.dataset} has no target. An admin adds one on its page of targets.")
    if not found:
        raise InvalidInput(f"{repo} is no target of {release.dataset}.")
    return found
