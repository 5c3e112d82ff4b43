"""A server that takes OpenAI's batches: files, jobs, and answers in the form of its Responses."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class BatchServer(ThreadingHTTPServer):
    """Answers every request of a batch with `{"word": "ready", "value": 4}`, but refuses what `refuse` names."""

    def __init__(self, *, refuse: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refuse = refuse
        self.lines: list[dict[str, Any]] = []
        self.looked = 0

    @property
    def url(self) -> str:
        """The `base_url` of a provider."""
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: BatchServer

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/files":
            found = re.findall(rb'^\{"custom_id".*\}\r?$', sent, flags=re.MULTILINE)
            self.server.lines = [json.loads(line) for line in found]
            self._say(
                {"id": "file-in", "object": "file", "bytes": 1, "created_at": 1, "filename": "b", "purpose": "batch"}
            )
        else:
            self._say(self._job("in_progress"))

    def do_GET(self) -> None:
        if self.path.startswith("/v1/batches/"):
            self.server.looked += 1
            self._say(self._job("completed" if self.server.looked > 1 else "in_progress"))
        elif self.path == "/v1/files/file-out/content":
            self._say("\n".join(json.dumps(self._answer(line)) for line in self.server.lines).encode())
        else:
            self._say(b"")

    def do_DELETE(self) -> None:
        self._say({"id": "file-in", "object": "file", "deleted": True})

    def log_message(self, *_said: object) -> None:
        """Say nothing."""

    def _job(self, status: str) -> dict[str, Any]:
        job = {"id": "batch_1", "object": "batch", "endpoint": "/v1/responses", "completion_window": "24h"}
        done = {"output_file_id": "file-out"} if status == "completed" else {}
        return {**job, "input_file_id": "file-in", "created_at": 1, "status": status, **done}

    def _answer(self, line: dict[str, Any]) -> dict[str, Any]:
        if line["custom_id"] == self.server.refuse:
            body = {"error": {"message": "Too long.", "type": "invalid_request_error", "code": None, "param": None}}
            return {"custom_id": line["custom_id"], "response": {"status_code": 400, "body": body}, "error": None}
        text = {"type": "output_text", "text": '{"word": "ready", "value": 4}', "annotations": []}
        message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [text]}
        usage = {
            "input_tokens": 100,
            "input_tokens_details": {"cached_tokens": 60},
            "output_tokens": 10,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 110,
        }
        body = {
            "id": f"resp-{line['custom_id']}",
            "object": "response",
            "created_at": 1,
            "model": line["body"]["model"],
            "status": "completed",
            "output": [message],
            "usage": usage,
        }
        return {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}

    def _say(self, said: Any) -> None:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def batch_server(*, refuse: str = "") -> Iterator[BatchServer]:
    """Run one for the block."""
    with BatchServer(refuse=refuse) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
