"""A file that somebody has sent and not imported yet: what stands for it in addresses and calls, for a day."""

from django.core import signing
from django.utils.translation import gettext as _

from curation.accounts.models import User
from curation.core.errors import NotFound
from curation.core.storage import KeptFile, storage
from curation.ratings_import.models import DatasetFetch
from curation.stories.files import key_of

SALT = "ratings_import.uploaded"
UPLOAD_LASTS = 24 * 3600


def upload_token(user: User, kept: KeptFile, name: str) -> str:
    """Return what stands for a file that `user` has sent."""
    return signing.dumps([kept.sha256, kept.size, name, user.pk], salt=SALT)


def fetched_token(user: User, fetching: DatasetFetch) -> str:
    """Return what stands for the file of a fetch that is done, as if `user` had sent it."""
    kept = KeptFile(key_of(fetching.file_sha256), fetching.file_sha256, fetching.file_size)
    return upload_token(user, kept, fetching.file_name)


def uploaded(user: User, token: str) -> tuple[KeptFile, str]:
    """Return the file that stands behind a token and its name; `NotFound` if it is gone, or somebody else's."""
    try:
        sha256, size, name, owner = signing.loads(token, salt=SALT, max_age=UPLOAD_LASTS)
    except signing.BadSignature:
        owner = sha256 = None
    if owner != user.pk or not sha256 or storage().size(key_of(sha256)) is None:
        raise NotFound(_("This upload is no longer here. Upload the file again."))
    return KeptFile(key_of(sha256), sha256, size), name
