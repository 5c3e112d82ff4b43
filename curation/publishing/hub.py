"""One repository of a Hub, as it is published to: what is there, and the few calls that change it.

The client is `huggingface_hub`, loaded where a call is made. It is told before it is loaded to upload over plain HTTP,
to tell nobody of its use, and to look for no token of its own.
"""

import hashlib
import logging
import os
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from curation.core.encryption import Secret
from curation.core.storage import storage
from curation.publishing import faults
from curation.publishing.faults import HubTrouble
from curation.publishing.repository import HubCommit, Refs, Remote, WantedFile
from curation.releases import blobs

if TYPE_CHECKING:
    pass

ENVIRONMENT = {
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",  # nosec
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
MAIN, DATASET = "main", "dataset"
# Uploads at a time: each holds a file open, and a worker has other work.
THREADS = 2
LONGEST_SAID = 200
_loading = threading.Lock()
_loaded = False


def load() -> None:
    """Load the client of the Hub once, with every call going through our own connections."""
    global _loaded
    with _loading:
        if _loaded:
            return
        os.environ.update(ENVIRONMENT)
        import huggingface_hub
        from huggingface_hub import constants

        from curation.publishing.network import client

        # It may have been loaded before, by somebody else in this process.
        constants.HF_HUB_DISABLE_XET = constants.HF_HUB_DISABLE_IMPLICIT_TOKEN = True
        constants.HF_HUB_DISABLE_TELEMETRY = True
        huggingface_hub.set_client_factory(client)
        # Its warnings have whole addresses in them, some of which are signed.
        logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
        _loaded = True


class Hub:
    """A dataset's repository at an endpoint. Every method makes calls, and raises `HubTrouble` in words."""

    def __init__(self, *, endpoint: str, repo: str, token: Secret) -> None:
        load()
        from huggingface_hub import HfApi

        self.endpoint, self.repo, self.token = endpoint, repo, token
        self.api: HfApi = HfApi(endpoint=endpoint, token=token.value, library_name="exempla")

    def is_private(self) -> bool | None:
        """Whether it is private; None where there is no such repository that the token can see."""
        try:
            return bool(self._asked(self.api.dataset_info, self.repo).private)
        except HubTrouble as trouble:
            if trouble.status != 404:
                raise
            return None

    def make(self) -> None:
        """Make the repository, private; one that is there stays as it is."""
        self._asked(self.api.create_repo, self.repo, repo_type=DATASET, private=True, exist_ok=True)

    def refs(self) -> Refs:
        """Return the branches and tags."""
        found = self._asked(self.api.list_repo_refs, self.repo, repo_type=DATASET)
        return Refs(
            {one.name: one.target_commit for one in found.branches}, {one.name: one.target_commit for one in found.tags}
        )

    def tree(self, revision: str) -> dict[str, Remote]:
        """Return the files of a revision by path."""

        def listed() -> Any:
            found = self.api.list_repo_tree(self.repo, repo_type=DATASET, revision=revision, recursive=True)
            listed_files: list[Any] = [one for one in found if hasattr(one, "blob_id")]
            return {one.path: Remote(one.size, one.lfs.sha256 if one.lfs else "", one.blob_id) for one in listed_files}

        files: dict[str, Remote] = self._asked(listed)
        return files

    def commits(self, revision: str) -> list[HubCommit]:
        """Return the commits up to a revision, the newest first."""
        found = self._asked(self.api.list_repo_commits, self.repo, repo_type=DATASET, revision=revision)
        return [HubCommit(one.commit_id, one.title, one.message) for one in found]

    def commit(
        self,
        *,
        adds: Sequence[WantedFile],
        deletes: Collection[str],
        title: str,
        message: str,
        parent: str,
        branch: str,
    ) -> str:
        """Make one commit on top of `parent`, which must be the head of `branch`, and return its name."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        with ExitStack() as stack:
            operations: list[Any] = []
            for one in adds:
                content: Any = one.content
                if content is None:
                    content = str(stack.enter_context(storage().on_disk(blobs.key_of(one.sha256))))
                operations.append(CommitOperationAdd(one.path, content))
            operations += [CommitOperationDelete(path, is_folder=False) for path in sorted(deletes)]
            made = self._asked(
                self.api.create_commit,
                self.repo,
                operations,
                commit_message=title,
                commit_description=message,
                repo_type=DATASET,
                revision=branch,
                parent_commit=parent,
                num_threads=THREADS,
            )
        return str(made.oid)

    def branch(self, name: str, *, start: str) -> None:
        """Make a branch that begins at a commit; one that is there stays where it is."""
        self._asked(self.api.create_branch, self.repo, branch=name, revision=start, repo_type=DATASET, exist_ok=True)

    def tag(self, name: str, *, commit: str, message: str) -> None:
        """Give a commit a tag. One that is there already is a `HubTrouble`, wherever it points."""
        self._asked(self.api.create_tag, self.repo, tag=name, tag_message=message, revision=commit, repo_type=DATASET)

    def untag(self, name: str) -> None:
        """Remove a tag; what it names stays in the history."""
        self._asked(self.api.delete_tag, self.repo, tag=name, repo_type=DATASET)

    def large_files(self, hashes: Collection[str]) -> list[Any]:
        """Return what the Hub stores as LFS, for any revision, under these SHA-256, as its client describes it."""

        def listed() -> list[Any]:
            there = self.api.list_lfs_files(self.repo, repo_type=DATASET)
            return [one for one in there if one.file_oid in hashes]

        try:
            found: list[Any] = self._asked(listed)
        except HubTrouble as trouble:
            # Another server may speak all but this of the protocol.
            raise HubTrouble(faults.NOT_DESTROYED % {"repo": self.repo}) if trouble.status == 404 else trouble from None
        return found

    def destroy_large(self, files: Sequence[Any]) -> None:
        """Destroy the bytes of such files for every revision. Their names stay, so that no commit is another."""
        self._asked(self.api.permanently_delete_lfs_files, self.repo, files, rewrite_history=False, repo_type=DATASET)

    def make_public(self) -> None:
        """Let everybody see the repository."""
        self._asked(self.api.update_repo_settings, self.repo, repo_type=DATASET, private=False)

    def read(self, revision: str, path: str) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        from huggingface_hub import get_session

        address = f"{self.endpoint}/datasets/{self.repo}/resolve/{quote(revision, safe='')}/{quote(path)}"
        headers = {"authorization": f"Bearer {self.token.value}", "accept-encoding": "identity"}
        with get_session().stream("GET", address, headers=headers) as answer:
            if answer.status_code >= 400:
                self._refused(answer)
            yield from answer.iter_bytes()

    def digest(self, revision: str, path: str) -> tuple[int, str]:
        """Fetch a file, and return its size in bytes and its SHA-256."""
        size, found = 0, hashlib.sha256()
        for piece in self.read(revision, path):
            size += len(piece)
            found.update(piece)
        return size, found.hexdigest()

    def _asked(self, call: Any, *args: Any, **named: Any) -> Any:
        from huggingface_hub.errors import HfHubHTTPError

        try:
            return call(*args, **named)
        except HubTrouble:
            raise
        except HfHubHTTPError as error:
            self._refused(error.response)
        except Exception as error:
            # What its threads meet comes wrapped.
            if isinstance(error.__cause__, HubTrouble):
                raise error.__cause__ from None
            if isinstance(error.__cause__, HfHubHTTPError):
                self._refused(error.__cause__.response)
            if isinstance(error, ValueError):
                # It does not like the name, the card, or what came back.
                words = faults.UNUSABLE % {"status": 422, "said": self._short(str(error))}
                raise HubTrouble(words, status=422) from None
            raise

    def _refused(self, answer: Any) -> NoReturn:
        status = int(answer.status_code)
        unknown = answer.headers.get("x-error-code") == "RepoNotFound"
        said, repo = self._said(answer), self.repo
        if status == 401 and not unknown:
            raise HubTrouble(faults.TOKEN, status=status)
        if status == 404 or unknown:
            raise HubTrouble(faults.NOT_FOUND % {"repo": repo}, status=404)
        if status == 403:
            raise HubTrouble(faults.FORBIDDEN % {"repo": repo, "said": said}, status=status)
        if status == 409:
            raise HubTrouble(faults.EXISTS, passes=True, status=status)
        if status == 412:
            raise HubTrouble(faults.MOVED % {"repo": repo}, passes=True, status=status)
        raise HubTrouble(faults.UNUSABLE % {"status": status, "said": said}, status=status)

    def _said(self, answer: Any) -> str:
        said = answer.headers.get("x-error-message", "")
        if not said:
            try:
                told = answer.json()
                said = str(told.get("error", "")) if isinstance(told, dict) else ""
            except Exception:
                said = ""
        return self._short(said)

    def _short(self, said: str) -> str:
        plain = " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())
        return self.token.hidden_in(plain)[:LONGEST_SAID]
