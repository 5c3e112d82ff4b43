"""Where files are kept, from the environment. The keys of a bucket are read by its client alone, never here."""

import os
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from curation.core.environment import address, flag

FORMS = "STORAGE_URL must be s3://BUCKET, s3://BUCKET/PREFIX or file:///FOLDER."


@dataclass(frozen=True)
class Configured:
    """`bucket` with its `prefix`, or `folder`; neither stands for the state directory.

    `endpoint` is the address of an S3-compatible server, empty for AWS; `public_endpoint` the one that browsers know it
    by, if that is another. With `redirect` downloads come from the bucket itself.
    """

    bucket: str = ""
    prefix: str = ""
    folder: str = ""
    endpoint: str = ""
    public_endpoint: str = ""
    region: str = ""
    redirect: bool = True


def from_environment() -> Configured:
    """Read the settings; `ImproperlyConfigured` says what to set instead. No message repeats an address."""
    url = os.environ.get("STORAGE_URL", "").strip()
    if not url:
        return Configured()
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = unquote(parts.path)
        if parts.netloc or not PurePath(folder).is_absolute():
            raise ImproperlyConfigured(FORMS)
        return Configured(folder=folder)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{FORMS} Keys go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    endpoint = address("AWS_ENDPOINT_URL_S3") or address("AWS_ENDPOINT_URL")
    return Configured(
        bucket=parts.netloc,
        prefix=parts.path.strip("/"),
        endpoint=endpoint,
        public_endpoint=address("STORAGE_PUBLIC_ENDPOINT"),
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "",
        redirect=flag("STORAGE_REDIRECT", default=True),
    )
