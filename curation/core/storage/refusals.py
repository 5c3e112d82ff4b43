"""What a bucket refuses, in words that say what to do. What the server said is logged by its code alone."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ResponseStreamingError,
)
from django.utils.translation import gettext as _
from urllib3.exceptions import HTTPError

from curation.core.storage.configured import Configured
from curation.core.storage.errors import FileMissing, StorageError, StorageFull, StorageUnavailable

log = logging.getLogger(__name__)
NOT_THERE = {"NoSuchKey", "404", "NotFound"}
NO_BUCKET = {"NoSuchBucket"}
WRONG_KEYS = {
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
    "InvalidClientTokenId", "AuthFailure",
}  # fmt: skip
NOT_PERMITTED = {"AccessDenied", "AllAccessDisabled", "403", "Forbidden"}
OTHER_REGION = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}
CLOCK = {"RequestTimeTooSkewed", "RequestExpired"}
FULL = {"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage", "507"}
BARE = {"403", "404", "400"}
KEYLESS = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError)


def code_of(error: Exception) -> str:
    """Return the code of a refusal, or the name of an error of the connection."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "")) or type(error).__name__
    return type(error).__name__


@contextmanager
def bucket_explained(configured: Configured, doing: str, ask: Callable[[], None] | None) -> Iterator[None]:
    """Raise what the bucket refuses as an error of the storage.

    `ask` is called where the answer was a bare number; it raises the reason, if that concerns the bucket as a whole.
    What the server or its client said is not passed on, since it may repeat what was sent.
    """
    try:
        yield
    except (ClientError, BotoCoreError, HTTPError, ResponseStreamingError) as error:
        code = code_of(error)
        if code in BARE and ask:
            ask()
        if code in NOT_THERE:
            raise FileMissing from None
        where = configured.endpoint or "AWS"
        log.warning("could not %s in the bucket %s at %s: %s", doing, configured.bucket, where, code)
        raise in_words(error, code) from None


def in_words(error: Exception, code: str) -> StorageError:
    """Say what is wrong and what to do."""
    if code in NO_BUCKET:
        return StorageUnavailable(_("The bucket for files does not exist. An admin makes it, or corrects STORAGE_URL."))
    if isinstance(error, KEYLESS):
        return StorageUnavailable(
            _("There are no keys for the bucket. An admin sets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
        )
    if code in WRONG_KEYS:
        return StorageUnavailable(
            _("The bucket refuses the keys. An admin corrects AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
        )
    if code in NOT_PERMITTED:
        return StorageUnavailable(
            _("The keys may not do this in the bucket. An admin permits them to list, read, write and delete in it.")
        )
    if code in OTHER_REGION:
        return StorageUnavailable(_("The bucket lies in another region. An admin corrects AWS_REGION."))
    if code in CLOCK:
        return StorageUnavailable(_("This machine's clock and that of the storage differ. An admin sets the clock."))
    if code in FULL:
        return StorageFull(
            _("There is no space left where files are kept. Free some, or let an admin do so, then try again.")
        )
    if isinstance(error, ClientError):
        return StorageUnavailable(
            _("The storage for files refuses (%(code)s). Try again; if it stays so, tell an admin.")
            % {"code": code[:60]}
        )
    return StorageUnavailable(
        _(
            "The storage for files does not answer. Try again in a few minutes; "
            "if it stays so, an admin looks at AWS_ENDPOINT_URL_S3."
        )
    )
