"""A small real Hub for tests: repositories in memory behind an HTTP server, with their read and write side.

It answers the way the Hub does as far as its clients can tell: commits with parents and trees, tags and branches, LFS
uploads, and errors with `X-Error-Code`. `mode` is how a preupload answers for files of rows: "lfs" or "regular".
"""

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub_repositories import File, Repo

TOKEN = "hf_writes"  # nosec
READER = "hf_reads"
GITATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Hub:
    """Listens on this machine while it is entered.

    `before` and `after` are called with each request's number (from 1), kind and path, before it is looked at and when
    it is done but not answered: one may return an answer to give instead, "break" to break the connection, or None.
    """

    mode: str = "lfs"
    repos: dict[str, Repo] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    before: Callable[[int, str, str], Any] | None = None
    after: Callable[[int, str, str], Any] | None = None
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Self:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def kinds(self) -> Counter[str]:
        """How often each kind of call came."""
        return Counter(self.asked)

    def make(self, name: str, *, private: bool = True) -> Repo:
        """Make a repository as the Hub does: with one file and one commit."""
        repo = self.repos[name] = Repo(private)
        repo.commit("main", {".gitattributes": File(GITATTRIBUTES, lfs=False)}, "initial commit")
        return repo


def refused(status: int, code: str = "", said: str = "") -> Answer:
    """Return an error as the Hub words it."""
    headers = {"X-Error-Message": said} if said else {}
    if code:
        headers["X-Error-Code"] = code
    return status, headers, json.dumps({"error": said or code}).encode()


def told(data: Any, status: int = 200, **headers: str) -> Answer:
    """Return JSON."""
    return status, {"Content-Type": "application/json", **headers}, json.dumps(data).encode()


NAME = r"(?P<name>[^/]+/[^/]+?)"
ROUTES: list[tuple[str, str, str]] = [
    ("POST", r"/api/repos/create", "create"),
    ("POST", r"/api/validate-yaml", "validate"),
    ("GET", r"/api/whoami-v2", "whoami"),
    ("GET", rf"/api/datasets/{NAME}", "info"),
    ("GET", rf"/api/datasets/{NAME}/revision/(?P<rev>[^/]+)", "info"),
    ("GET", rf"/api/datasets/{NAME}/refs", "refs"),
    ("GET", rf"/api/datasets/{NAME}/tree/(?P<rev>[^/]+)(?:/(?P<path>.+))?", "tree"),
    ("POST", rf"/api/datasets/{NAME}/paths-info/(?P<rev>[^/]+)", "paths"),
    ("GET", rf"/api/datasets/{NAME}/commits/(?P<rev>[^/]+)", "commits"),
    ("POST", rf"/api/datasets/{NAME}/preupload/(?P<rev>[^/]+)", "preupload"),
    ("POST", rf"/datasets/{NAME}\.git/info/lfs/objects/batch", "batch"),
    ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})", "upload"),
    ("POST", r"/lfs/(?P<oid>[0-9a-f]{64})/verify", "verify"),
    ("POST", rf"/api/datasets/{NAME}/commit/(?P<rev>[^/]+)", "commit"),
    ("POST", rf"/api/datasets/{NAME}/tag/(?P<rev>[^/]+)", "tag"),
    ("DELETE", rf"/api/datasets/{NAME}/tag/(?P<rev>[^/]+)", "untag"),
    ("GET", rf"/api/datasets/{NAME}/lfs-files", "large"),
    ("POST", rf"/api/datasets/{NAME}/lfs-files/batch", "destroy"),
    ("POST", rf"/api/datasets/{NAME}/branch/(?P<rev>[^/]+)", "branch"),
    ("PUT", rf"/api/datasets/{NAME}/settings", "settings"),
    ("GET", rf"/datasets/{NAME}/resolve/(?P<rev>[^/]+)/(?P<path>.+)", "resolve"),
]
# They come without the token: their address is the permission.
SIGNED = {"upload"}
WRITES = {"create", "preupload", "batch", "verify", "commit", "tag", "untag", "destroy", "branch", "settings"}


class Asked:
    """One request: what it asks for, who asks, and the answer."""

    def __init__(
        self, hub: Hub, kind: str, named: dict[str, Any], token: str, body: bytes, query: dict[str, list[str]]
    ):
        self.hub, self.kind, self.named, self.body, self.query = hub, kind, named, body, query
        self.writes, self.reads = token == TOKEN, token in (TOKEN, READER)
        self.token = token

    def answer(self) -> Answer:
        if self.token and not self.reads:
            return refused(401, said="Invalid credentials in Authorization header")
        name = self.named.get("name")
        if name is not None:
            repo = self.hub.repos.get(name)
            if repo is None or (repo.private and not self.reads):
                return refused(404 if self.reads else 401, "RepoNotFound", "Repository not found")
            self.repo = repo
            if "rev" in self.named:
                self.rev = unquote(self.named["rev"])
                found = repo.found(self.rev)
                if found is None and self.kind not in {"branch"}:
                    return refused(404, "RevisionNotFound", f"Invalid rev id: {self.rev}")
                self.found = found
        if self.kind in WRITES and not self.writes:
            return refused(403, said="You don't have the rights to write to this repository")
        answer: Answer = getattr(self, f"on_{self.kind}")()
        return answer

    @property
    def sent(self) -> Any:
        return json.loads(self.body or b"{}")

    def on_create(self) -> Answer:
        sent = self.sent
        name = f"{sent['organization']}/{sent['name']}"
        url = f"{self.hub.url}/datasets/{name}"
        if name in self.hub.repos:
            return told({"error": "You already created this dataset repo", "url": url}, 409)
        self.hub.make(name, private=sent.get("visibility") == "private")
        return told({"url": url, "name": name, "id": name})

    def on_validate(self) -> Answer:
        if not self.sent["content"].startswith("---\n"):
            return told({"errors": [{"message": "no metadata"}], "warnings": []}, 400)
        return told({"errors": [], "warnings": []})

    def on_whoami(self) -> Answer:
        return told({"name": "ours", "type": "user", "orgs": []}) if self.reads else refused(401)

    def on_info(self) -> Answer:
        found = self.repo.found(unquote(self.named.get("rev", "main")))
        assert found is not None
        siblings = [{"rfilename": path} for path in found.tree]
        at = "2026-01-01T00:00:00.000Z"
        return told({
            "id": self.named["name"], "sha": found.oid, "private": self.repo.private, "gated": False, "disabled": False,
            "lastModified": at, "createdAt": at, "tags": [], "downloads": 0, "likes": 0, "siblings": siblings,
        })  # fmt: skip

    def on_refs(self) -> Answer:
        def named(kind: str, refs: dict[str, str]) -> list[dict[str, str]]:
            return [{"name": one, "ref": f"refs/{kind}/{one}", "targetCommit": oid} for one, oid in refs.items()]

        return told(
            {"branches": named("heads", self.repo.branches), "tags": named("tags", self.repo.tags), "converts": []}
        )

    def entry(self, path: str, file: File) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "path": path, "size": len(file.content), "oid": file.git}
        if file.lfs:
            entry["lfs"] = {"oid": file.sha256, "size": len(file.content), "pointerSize": 134}
        return entry

    def on_tree(self) -> Answer:
        assert self.found is not None
        under = unquote(self.named.get("path") or "")
        files = {p: f for p, f in self.found.tree.items() if not under or p.startswith(f"{under}/")}
        if under and not files:
            return refused(404, "EntryNotFound", f"{under} does not exist")
        entries = [self.entry(path, file) for path, file in files.items()]
        folders = {path.rpartition("/")[0] for path in files} - {"", under}
        entries += [{"type": "directory", "path": one, "size": 0, "oid": "0" * 40} for one in sorted(folders)]
        if self.query.get("recursive", ["false"])[0].lower() != "true":
            depth = under.count("/") + 1 if under else 0
            entries = [one for one in entries if one["path"].count("/") == depth]
        return told(entries)

    def on_paths(self) -> Answer:
        assert self.found is not None
        asked = parse_qs(self.body.decode()).get("paths") or self.sent.get("paths", [])
        return told([self.entry(path, self.found.tree[path]) for path in asked if path in self.found.tree])

    def on_commits(self) -> Answer:
        at = "2026-01-01T00:00:00.000Z"
        return told([
            {"id": one.oid, "title": one.title, "message": one.message, "authors": [{"user": one.author}], "date": at}
            for one in self.repo.history(self.rev)
        ])  # fmt: skip

    def on_preupload(self) -> Answer:
        assert self.found is not None
        answers = []
        for file in self.sent["files"]:
            there = self.found.tree.get(file["path"])
            mode = self.hub.mode if file["path"].endswith(".parquet") else "regular"
            oid = {"oid": there.sha256 if there.lfs else there.git} if there else {}
            answers.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, **oid})
        return told({"files": answers})

    def on_batch(self) -> Answer:
        objects = []
        for one in self.sent["objects"]:
            found: dict[str, Any] = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.objects:
                href = f"{self.hub.url}/lfs/{one['oid']}"
                found["actions"] = {"upload": {"href": href}, "verify": {"href": f"{href}/verify"}}
            objects.append(found)
        return told({"transfer": "basic", "objects": objects})

    def on_upload(self) -> Answer:
        if hashlib.sha256(self.body).hexdigest() != self.named["oid"]:
            return refused(400, said="The content is not what its name says")
        self.hub.objects[self.named["oid"]] = self.body
        return told({})

    def on_verify(self) -> Answer:
        return told({}) if self.named["oid"] in self.hub.objects else refused(404)

    def on_commit(self) -> Answer:
        lines = [json.loads(line) for line in self.body.splitlines()]
        head, tree = lines[0]["value"], None
        if self.rev not in self.repo.branches:
            return refused(422, said="Commits go to a branch")
        if head.get("parentCommit", self.repo.branches[self.rev]) != self.repo.branches[self.rev]:
            return refused(412, said="A commit has happened since. Please refresh and try again.")
        tree = dict(self.repo.commits[self.repo.branches[self.rev]].tree)
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                tree[value["path"]] = File(base64.b64decode(value["content"]), lfs=False)
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.hub.objects:
                    return refused(422, said="An LFS object is missing")
                tree[value["path"]] = File(self.hub.objects[value["oid"]], lfs=True)
            elif line["key"] == "deletedFile":
                if value["path"] not in tree:
                    return refused(404, "EntryNotFound", "A file with this name doesn't exist")
                del tree[value["path"]]
        oid = self.repo.commit(self.rev, tree, head["summary"], head.get("description", ""))
        url = f"{self.hub.url}/datasets/{self.named['name']}/commit/{oid}"
        return told({"success": True, "commitOid": oid, "commitUrl": url})

    def on_tag(self) -> Answer:
        assert self.found is not None
        if self.sent["tag"] in self.repo.tags:
            return refused(409, said="Tag reference exists already")
        self.repo.tags[self.sent["tag"]] = self.found.oid
        return told({})

    def on_untag(self) -> Answer:
        if self.rev not in self.repo.tags:
            return refused(404, "RevisionNotFound")
        del self.repo.tags[self.rev]
        return told({})

    def on_large(self) -> Answer:
        at = "2026-01-01T00:00:00.000Z"
        return told([
            {"fileOid": sha256, "filename": path, "oid": sha256, "pushedAt": at, "size": 1}
            for sha256, path in self.repo.large().items()
        ])  # fmt: skip

    def on_destroy(self) -> Answer:
        sent = self.sent["deletions"]
        assert sent["rewriteHistory"] is False, "the names of commits would change"
        self.repo.destroyed.update(sent["sha"])
        return told({})

    def on_branch(self) -> Answer:
        if self.rev in self.repo.branches:
            return refused(409, said="Reference already exists")
        start = self.repo.found(self.sent.get("startingPoint", "main"))
        if start is None:
            return refused(404, "RevisionNotFound")
        self.repo.branches[self.rev] = start.oid
        return told({})

    def on_settings(self) -> Answer:
        self.repo.private = self.sent["visibility"] == "private"
        return told({})

    def on_resolve(self) -> Answer:
        assert self.found is not None
        file = self.found.tree.get(unquote(self.named["path"]))
        headers = {"X-Repo-Commit": self.found.oid}
        if file is None or (file.lfs and file.sha256 in self.repo.destroyed):
            status, more, body = refused(404, "EntryNotFound")
            return status, {**more, **headers}, body
        headers["ETag"] = f'"{file.sha256 if file.lfs else file.git}"'
        return 200, {**headers, "Accept-Ranges": "bytes"}, file.content


def handler_of(hub: Hub) -> type[BaseHTTPRequestHandler]:
    """The class that answers for one Hub."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.read_body()
            address = urlsplit(self.path)
            path = re.sub("/+", "/", address.path)
            method = "GET" if self.command == "HEAD" else self.command
            token = self.headers.get("authorization", "").removeprefix("Bearer ")
            with hub.lock:
                fits = ((one, re.fullmatch(pattern, path)) for verb, pattern, one in ROUTES if verb == method)
                kind, match = next((found for found in fits if found[1]), ("", None))
                if match is None:
                    return self.send(refused(404))
                hub.asked.append(kind)
                hub.tokens.add(token)
                number = len(hub.asked)
                given = hub.before(number, kind, path) if hub.before else None
                if given is None:
                    named = {name: value for name, value in match.groupdict().items() if value is not None}
                    asked = Asked(hub, kind, named, "" if kind in SIGNED else token, body, parse_qs(address.query))
                    made = asked.answer()
                    given = hub.after(number, kind, path) if hub.after else None
                    given = made if given is None else given
            if given == "break":
                self.close_connection = True
                return None
            return self.send(given)

        def read_body(self) -> bytes:
            if self.headers.get("transfer-encoding", "") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body
            return self.rfile.read(int(self.headers.get("content-length", 0)))

        def send(self, answer: Answer) -> None:
            status, headers, body = answer
            match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
            if status == 200 and match:
                first, last = int(match[1]), min(int(match[2] or len(body) - 1), len(body) - 1)
                headers = {**headers, "Content-Range": f"bytes {first}-{last}/{len(body)}"}
                status, body = 206, body[first : last + 1]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
