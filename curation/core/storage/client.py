"""Clients of an S3-compatible server. Keys come from the environment or the machine's role, and stay in the client."""

import os
from functools import cache, lru_cache
from typing import TYPE_CHECKING, cast

from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.session import Session

from curation.core.storage.configured import Configured

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client


def client(configured: Configured, *, quick: bool = False, public: bool = False) -> "S3Client":
    """Return this process's client; connections must not be shared with a parent that was forked.

    A `quick` one gives up after a few seconds. A `public` one signs addresses for browsers and sends nothing.
    """
    endpoint = (configured.public_endpoint if public else "") or configured.endpoint
    return _made(os.getpid(), configured, quick, endpoint)


@lru_cache(maxsize=8)
def _made(pid: int, configured: Configured, quick: bool, endpoint: str) -> "S3Client":
    config = Config(
        signature_version="s3v4",
        connect_timeout=2 if quick else 3,
        read_timeout=4 if quick else 20,
        retries={"mode": "standard", "total_max_attempts": 1 if quick else 3},
        max_pool_connections=20,
        # Signing covers the SHA-256 of what is sent, which every server checks; newer checksums are not known to all.
        s3={"addressing_style": "path" if endpoint else "auto", "payload_signing_enabled": True},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    session = Session()
    session.register_component("data_loader", _descriptions())
    made = session.create_client(
        "s3", region_name=configured.region or None, endpoint_url=endpoint or None, config=config
    )
    return cast("S3Client", made)


@cache
def _descriptions() -> Loader:
    """What says how the services are spoken to, which is long and is read once a process."""
    return create_loader()
