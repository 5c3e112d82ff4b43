"""How the Hub's clients are told what they cannot have: they go by the header `X-Error-Code`."""

from curation.core import problems

GATED = "GatedRepo"
UNKNOWN_DATASET, UNKNOWN_REVISION, UNKNOWN_FILE = "RepoNotFound", "RevisionNotFound", "EntryNotFound"
COMMIT = "X-Repo-Commit"
# By these words the clients tell a bad token from a dataset that is not there.
CREDENTIALS = "Invalid credentials in Authorization header"


class RequestRefused(Exception):
    """A request that ends here; `answer` says why, as a problem document and in the headers that the clients read."""

    def __init__(self, status: int, code: str, title: str, detail: str, headers: dict[str, str]) -> None:
        super().__init__(detail)
        # The clients show `error` to whoever runs them.
        self.answer = problems.document(status, code, title, detail, error=detail)
        for name, value in headers.items():
            self.answer.headers[name] = value
