"""Counting downloads: one for each client, version and day, with nothing kept of who it was."""

import logging
from datetime import UTC, datetime, timedelta

from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from curation.accounts.attempts import address
from curation.releases.models import Release

log = logging.getLogger(__name__)
# The count of a day is one row: who waits for it for longer than this, in milliseconds, is not counted.
PATIENCE = 200
COUNT = """
INSERT INTO access_dailydownloads AS kept (release_id, day, count)
SELECT %s, %s, 1 FROM set_config('lock_timeout', %s, true)
ON CONFLICT (release_id, day) DO UPDATE SET count = kept.count + 1
"""


def count_download(request: HttpRequest, release: Release) -> None:
    """Count that somebody downloads rows of a release. It never fails the download.

    The same client, which is an address and a program, counts once a day: that is remembered in the cache as a keyed
    hash until the day (UTC) is over. While the cache is away every request counts.
    """
    now = datetime.now(UTC)
    client = "\0".join(
        (now.date().isoformat(), str(release.pk), address(request), request.headers.get("User-Agent", ""))
    )
    key = salted_hmac("download", client, algorithm="sha256").hexdigest()
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    if not cache.add(f"downloaded:{key}", 1, timeout=max(1, int((tomorrow - now).total_seconds()))):
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(COUNT, [release.pk, now.date(), str(PATIENCE)])
    except DatabaseError as error:
        log.warning("a download was not counted: %s", error)
