"""People who asked to be forgotten."""

from django.conf import settings
from django.db import models


class PersonErasure(models.Model):
    """Somebody who is no longer known here: no name, no address, no session, no secret behind their pseudonyms.

    Their account stays closed for good, as a number that means nobody; their ratings stay under the pseudonyms.
    `with_comments` says whether what they wrote in their own words went too.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="erasure")
    with_comments = models.BooleanField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    # When the database forgot them; the function that does it sets it.
    erased_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id}"
