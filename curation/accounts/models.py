"""People and their roles."""

from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual, StartsWith
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken, AuthTokenManager

from curation.accounts.preferences import MOST_CHARACTERS, Preferences, read_preferences
from curation.core.folding import Folded

NAME_TAKEN = _("Somebody has this name already; capitals make no difference. Choose another one.")


class Role(models.TextChoices):
    """What a person is here to do. Each role may do what its pages show and no more."""

    ANNOTATOR = "annotator", _("Annotator")
    CURATOR = "curator", _("Curator")
    RESEARCHER = "researcher", _("Researcher")
    ADMIN = "admin", _("Admin")


class Scope(models.TextChoices):
    """What a token may be used for, within what its person's role includes. None includes another."""

    READ = "read", _("Read")
    REVIEW = "review", _("Review")
    CURATE = "curate", _("Curate")
    RELEASE = "release", _("Release")
    ADMIN = "admin", _("Administer")


SCOPES_OF: dict[str, tuple[Scope, ...]] = {
    Role.ANNOTATOR: (Scope.READ, Scope.REVIEW),
    Role.RESEARCHER: (Scope.READ,),
    Role.CURATOR: (Scope.READ, Scope.REVIEW, Scope.CURATE, Scope.RELEASE),
    Role.ADMIN: tuple(Scope),
}


class PeopleManager(UserManager["User"]):
    """Creates people, and finds them by their names; a superuser is an admin."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person of this name, in whatever case and Unicode form it is written."""
        return self.alias(folded=Folded("username")).get(folded=Folded(Value(username or "")))

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra_fields: Any
    ) -> "User":
        """Create an admin, who also reaches the back office."""
        extra_fields.setdefault("role", Role.ADMIN)
        return super().create_superuser(username, email, password, **extra_fields)


class User(AbstractUser):
    """A person who signs in. Admins also reach the back office."""

    role = models.CharField(max_length=16, choices=Role, default=Role.ANNOTATOR)
    display_name = models.CharField(max_length=80, blank=True)
    preferences = models.JSONField(default=dict, blank=True, editable=False)
    # How often all of this person's sessions were ended. A session holds only while it was begun at this count.
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Folded("username"), name="user_name_once", violation_error_message=NAME_TAKEN),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(
                condition=models.Q(is_superuser=False) | models.Q(role=Role.ADMIN), name="user_superuser_is_admin"
            ),
            models.CheckConstraint(
                condition=StartsWith(Cast("preferences", models.TextField()), "{"),
                name="user_preferences_are_an_object",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length(Cast("preferences", models.TextField())), MOST_CHARACTERS),
                name="user_preferences_are_short",
            ),
        ]

    def take_role(self, role: str) -> None:
        """Set the role, and reach the back office by it or not. It is not saved."""
        self.role = role
        self.is_staff = self.is_superuser = role == Role.ADMIN

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        own: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]  # the stubs lack it
        return f"{own}-{self.sessions_ended}" if self.sessions_ended else own

    @property
    def is_curator(self) -> bool:
        """Whether this person runs queues, adjudicates disagreements and creates releases."""
        return self.role in {Role.CURATOR, Role.ADMIN}

    @property
    def is_reviewer(self) -> bool:
        """Whether this person may be a member of a queue."""
        return self.role in {Role.ANNOTATOR, Role.CURATOR, Role.ADMIN}

    @property
    def shown_name(self) -> str:
        """The name that pages show."""
        return self.display_name or self.username

    @cached_property
    def settings(self) -> Preferences:
        """What this person has set for themselves."""
        return read_preferences(self.preferences)


class Invitation(models.Model):
    """A link that lets one person make one account, once. Only a hash of its secret is kept.

    `queues` holds what the room above is to let the person into: primary keys that mean nothing here.
    """

    secret_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=16, choices=Role)
    note = models.CharField(max_length=120, blank=True)
    queues = models.JSONField(default=list)
    invited_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.OneToOneField(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(
                condition=models.Q(used_at__isnull=True, used_by__isnull=True)
                | models.Q(used_at__isnull=False, used_by__isnull=False),
                name="invitation_used_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(used_at__isnull=True) | models.Q(withdrawn_at__isnull=True),
                name="invitation_used_or_withdrawn",
            ),
        ]
        indexes = [
            # Serves the list of invitations that are still open.
            models.Index(
                fields=["-expires_at"],
                condition=models.Q(used_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open",
            ),
        ]

    def __str__(self) -> str:
        return self.note or f"{self.role} {self.pk}"


class BrowserSession(models.Model):
    """A browser in which a person is signed in. It goes with the session, and the session with it.

    `browser` is what it calls itself, as "Firefox, Linux"; nothing else of the device or its address is kept.
    """

    session = models.OneToOneField("sessions.Session", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    browser = models.CharField(max_length=40, blank=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.browser or f"session {self.pk}"


class SignInAttempt(models.Model):
    """One failed sign-in. `key` is a keyed hash of name and address; old rows go when the next one comes."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # Serves the count of recent failures of one name from one address.
            models.Index(fields=["key", "at"], name="sign_in_attempt_by_key"),
            # Serves the clearing of old rows.
            models.Index(fields=["at"], name="sign_in_attempt_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]} at {self.at:%H:%M}"


class TokenQuerySet(models.QuerySet["Token"]):
    """Names what is asked of tokens."""

    def live(self, now: datetime | None = None) -> "TokenQuerySet":
        """Those that still let somebody in, at this moment unless another is said."""
        return self.filter(revoked_at__isnull=True, expiry__gt=now or timezone.now())

    def revocable_by(self, user: User) -> "TokenQuerySet":
        """Those that this person may end: their own; an admin anybody's."""
        return self if user.role == Role.ADMIN else self.filter(user=user)


class TokenManager(AuthTokenManager, models.Manager.from_queryset(TokenQuerySet)):  # type: ignore[misc]
    """Makes tokens as knox does."""


class Token(AbstractAuthToken):  # type: ignore[misc]  # knox has no types
    """What a program signs in by, as one person and for some of what that person may do. Only its hash is kept.

    `token_key` is the start of the secret, by which a person tells their tokens apart. A revoked token stays on record.
    """

    digest = models.CharField(max_length=128, unique=True)
    token_key = models.CharField(max_length=25)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    expiry = models.DateTimeField()
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope))
    # Empty where a command of the server made it.
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TokenManager()

    class Meta:
        indexes = [
            # Serves a person's list of tokens, and their end with the account.
            models.Index(fields=["user", "-id"], name="token_by_user"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values) & Q(scopes__len__gt=0), name="token_scopes_known"
            ),
            models.CheckConstraint(condition=Q(expiry__gt=F("created")), name="token_expires_later"),
            models.CheckConstraint(condition=~Q(name=""), name="token_named"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Whether it still lets somebody in, as far as it itself goes."""
        return self.revoked_at is None and self.expiry > timezone.now()

    def was_used_before(self, moment: datetime) -> bool:
        """Whether its last use, as noted, lies before `moment`."""
        return self.last_used_at is None or self.last_used_at < moment
