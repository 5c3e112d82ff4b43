"""A real S3 server on this machine, spoken to over HTTP, for tests of what lies in buckets."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from botocore.config import Config
from botocore.session import Session

from curation.core.serving.port import bind
from curation.core.storage.configured import Configured
from tests.workers import until

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXEMPLATESTKEY00",
    "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests-0123456789abcdef",
}
# What a machine may know of its own accord: a region, another account, the role of the machine it is.
BARE = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


@cache
def session() -> Session:
    """What makes clients. It knows no keys, and reads once how services are spoken to."""
    return Session()


@dataclass(frozen=True)
class Server:
    """A running server. A test makes buckets of its own in it."""

    endpoint: str

    def client(self, **keys: str) -> Any:
        """A client beside the one under test, to look behind it."""
        keys = keys or {"aws_access_key_id": "other", "aws_secret_access_key": "other"}
        # Without retries, and with addresses that no name server is asked for.
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return session().create_client("s3", region_name="us-east-1", endpoint_url=self.endpoint, config=config, **keys)

    def guarded(self, *actions: str) -> dict[str, str]:
        """Have the server look at keys from now on; return keys that may do these actions only."""
        keys = {"aws_access_key_id": "other", "aws_secret_access_key": "other"}
        iam = session().create_client("iam", region_name="us-east-1", endpoint_url=self.endpoint, **keys)
        iam.create_user(UserName="storage")
        made = iam.create_access_key(UserName="storage")["AccessKey"]
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        iam.put_user_policy(UserName="storage", PolicyName="storage", PolicyDocument=json.dumps(policy))
        self._guard("0")
        return {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}

    def _guard(self, after: str) -> None:
        plain = {"Content-Type": "text/plain"}
        with urlopen(Request(f"{self.endpoint}/moto-api/reset-auth", after.encode(), plain, method="POST")):  # noqa: S310
            return

    def bucket(self, **changes: Any) -> Configured:
        """Make a bucket."""
        name = f"exempla-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name)
        return replace(Configured(bucket=name, prefix="team/one", endpoint=self.endpoint), **changes)


def free_port() -> int:
    """A port that nobody listens on."""
    with bind("127.0.0.1", 0) as taken:
        port: int = taken.getsockname()[1]
    return port


@contextmanager
def served(log: Path) -> Iterator[Server]:
    """A server for the block."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            env={**os.environ, **BARE},
            stdout=output,
            stderr=output,
        )
    server = Server(f"http://127.0.0.1:{port}")
    try:
        until(lambda: answers(server))
        yield server
    finally:
        process.kill()
        process.wait(timeout=20)


def answers(server: Server) -> bool:
    """Whether it speaks HTTP by now."""
    try:
        with urlopen(Request(f"{server.endpoint}/moto-api/data.json")) as answer:  # noqa: S310
            return bool(json.load(answer) is not None)
    except (URLError, ConnectionError):
        return False
