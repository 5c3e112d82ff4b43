"""Settings. What differs between installations comes from the environment; docs/operator/settings.md lists it."""

import os
from pathlib import Path

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from curation.core import queues, services
from curation.core.environment import address, flag, local_secret, names, number, one_of, required
from curation.core.storage.configured import from_environment

django_stubs_ext.monkeypatch()

# Read by Arrow as it is loaded: its own allocator keeps what threads have freed, and the C library's gives it back.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = services.home()
services.close_to_others(HOME)
DEBUG = flag("DEBUG", default=False)
# With no host names this is a trial on one computer: it answers to loopback names only and keeps its own secret.
LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = names("ALLOWED_HOSTS") or LOCAL_HOSTS
LOCAL = set(ALLOWED_HOSTS) <= set(LOCAL_HOSTS)
if DEBUG and not LOCAL:
    raise ImproperlyConfigured("DEBUG shows settings and code to visitors: unset DEBUG, or unset ALLOWED_HOSTS.")
SECRET_KEY = os.environ.get("SECRET_KEY") or (local_secret(HOME) if LOCAL else required("SECRET_KEY"))
if not LOCAL and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is too short: use at least 50 random characters.")
# What stored secrets are encrypted with, if not with SECRET_KEY; curation.core.encryption reads it.
PROVIDER_SECRET_FILE = os.environ.get("PROVIDER_SECRET_FILE", "")
# Whether messages may go to hosts of a private network or this machine, and without TLS.
WEBHOOKS_TO_PRIVATE_ADDRESSES = flag("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=False)
# The same for Hubs that releases are published to.
PUBLISHING_TO_PRIVATE_ADDRESSES = flag("PUBLISHING_TO_PRIVATE_ADDRESSES", default=False)
# The same for Argilla servers that queues are reviewed at.
ARGILLA_TO_PRIVATE_ADDRESSES = flag("ARGILLA_TO_PRIVATE_ADDRESSES", default=False)
# Where other programs reach this site; curation.argilla.listening has Argilla servers call there.
PUBLIC_URL = address("PUBLIC_URL")
if PUBLIC_URL.startswith("http://") and not LOCAL:
    raise ImproperlyConfigured("PUBLIC_URL must begin with https://: what is sent there must not be read on its way.")
CSRF_TRUSTED_ORIGINS = names("CSRF_TRUSTED_ORIGINS")
ADDRESSES = services.addresses()

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "django_linear_migrations",
    "rest_framework",
    "knox",
    "drf_spectacular_sidecar",
    "curation.core",
    "curation.audit",
    "curation.accounts",
    "curation.webhooks",
    "curation.llm",
    "curation.standards",
    "curation.stories",
    "annotations",
    "curation.scoring",
    "curation.calibration",
    "curation.triage",
    "curation.releases",
    "curation.erasure",
    "curation.research",
    "curation.publishing",
    "curation.argilla",
    "curation.access",
    "curation.ratings_import",
    "curation.pages",
    "curation.api",
    "curation.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "curation.core.middleware.ContentSecurityPolicy",
    "curation.core.middleware.NeverStored",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "curation.core.middleware.PlainText",
    "curation.accounts.middleware.Person",
    "curation.accounts.middleware.OwnLanguage",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "curation.core.middleware.TypedErrors",
    "django_htmx.middleware.HtmxMiddleware",
    "curation.access.middleware.CountedDownloads",
]

ROOT_URLCONF = "curation.urls"
CSRF_FAILURE_VIEW = "curation.core.problems.forged"
FORM_RENDERER = "curation.core.forms.Renderer"
WSGI_APPLICATION = "curation.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {
    "default": {
        **ADDRESSES.database,
        "CONN_HEALTH_CHECKS": True,
        # While the database is away, each try to connect comes twice as long after the last, for so many seconds, and
        # then it begins anew: whoever waits for a connection waits past the next try. The threshold lets
        # `core.prepared` have its statements planned once per connection.
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 12, "timeout": 10, "reconnect_timeout": 20},
            "prepare_threshold": 5,
        },
    }
}
# What differs in a connection of the owner of the tables, who alone changes the schema.
DATABASE_OWNER = ADDRESSES.owner
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
SESSION_ENGINE = "curation.accounts.sessions"
# Counted from when somebody signed in, however often they come.
SESSION_DAYS = number("SESSION_DAYS", default=14, most=366)
SESSION_COOKIE_AGE = SESSION_DAYS * 86_400
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SIGN_IN_ATTEMPTS = 10
# Many people may share an address; few of them mistype at once.
SIGN_IN_ATTEMPTS_OF_ADDRESS = 50
SIGN_IN_WINDOW_SECONDS = 300

# Knox's own table for tokens is not made: `accounts.Token` stands in its place.
KNOX_TOKEN_MODEL = "accounts.Token"  # noqa: S105 # nosec - the name of a model
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": None}  # nosec - each token says when it ends
# How many calls a minute a token, and an address that shows none or a bad one, may make.
API_CALLS_A_MINUTE = number("API_CALLS_A_MINUTE", default=6000)
API_STRANGERS_CALLS_A_MINUTE = number("API_STRANGERS_CALLS_A_MINUTE", default=120)
# How many problems with rows, and outcomes, a person may send in an hour; and of problems an address of strangers.
REPORTS_AN_HOUR = number("REPORTS_AN_HOUR", default=30)
STRANGERS_REPORTS_AN_HOUR = number("STRANGERS_REPORTS_AN_HOUR", default=6)
# How many requests a minute an address may make for pages and files that are open without an account.
STRANGERS_REQUESTS_A_MINUTE = number("STRANGERS_REQUESTS_A_MINUTE", default=600)
# Nothing is open by itself: a view that names no scope answers nobody.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["curation.api.signing_in.BearerToken", "curation.api.signing_in.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["curation.api.scopes.ScopeAllows"],
    "DEFAULT_THROTTLE_CLASSES": ["curation.api.throttles.CallsAMinute"],
    "DEFAULT_PARSER_CLASSES": ["curation.api.parsing.PlainJSON"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "curation.api.schema.Described",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "curation.api.problems.answer",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
    "STRICT_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Exempla",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    # Where one name stands for several sets of words.
    "ENUM_NAME_OVERRIDES": {
        "AssignmentState": "annotations.models.assignment.AssignmentState",
        "DeliveryState": "curation.webhooks.models.DeliveryState",
        "FillState": "curation.triage.models.FillState",
        "ArgillaLinkState": "curation.argilla.models.LinkState",
        "PublicationState": "curation.publishing.models.PublicationState",
        "JudgeKind": "curation.scoring.models.judge.JudgeKind",
        "ImportState": "curation.stories.models.imports.ImportState",
        "LineageKind": "curation.stories.models.lineage.LineageKind",
        "Outcome": "annotations.models.decision.Outcome",
        "OutcomeChosen": "curation.api.serializers.adjudication.CHOOSABLE",
        "OutcomeTold": "curation.api.serializers.reviews.TOLD",
        "ProviderKind": "curation.llm.models.provider.ProviderKind",
        "PurgeKind": "curation.erasure.models.purge.PurgeKind",
        "PurgeState": "curation.erasure.models.purge.PurgeState",
        "QueueState": "annotations.models.queue.QueueState",
        "MoveEnum": "curation.api.serializers.taking_back.DECISIONS",
        "OutcomeMove": "curation.api.serializers.research.MOVES",
        "ReportKind": "curation.research.models.report.ReportKind",
        "ReportState": "curation.research.models.report.ReportState",
        "TrainingOutcomeState": "curation.research.models.outcome.OutcomeState",
        "ReleaseState": "curation.releases.models.release.ReleaseState",
        "ReviewKind": "annotations.models.review.ReviewKind",
        "RunState": "curation.scoring.models.run.RunState",
        "StoriesToReview": "curation.triage.forms.STATES",
        "StandardKind": "curation.api.serializers.standards.KINDS",
        "StoryState": "curation.stories.stages.State",
        "TagKind": "curation.stories.models.tag.TagKind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "curation.api.schema.with_problems",
    ],
}

LANGUAGE_CODE = "en"
# Each by its own name, so that whoever reads it finds it; docs/reference/languages.md says how to add one.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "curation" / "locale"]
FORMAT_MODULE_PATH = ["curation.locale"]
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "curation" / "static"]
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "curation.core.staticfiles.ModuleManifestStorage"
    },
}

# Where files of imports and releases are kept; curation.core.storage reads it.
STORAGE = from_environment()
# How a proxy in front is asked to send files of the disk, if it is: curation.releases.views.passing reads it.
FILES_SENT_BY_PROXY = one_of("FILES_SENT_BY_PROXY", "", "X-Accel-Redirect", "X-Sendfile")
# Uploads stream to disk, and from there into the storage.
FILE_UPLOAD_HANDLERS = ["curation.core.uploads.LimitedUpload"]
MAX_UPLOAD_MB = number("MAX_UPLOAD_MB", default=2048)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# Whether somebody else has to approve what cannot be taken back: curation.releases.second_person reads it, and
# curation.erasure.permissions.
SECOND_PERSON_FOR_PUBLIC_RELEASES = flag("SECOND_PERSON_FOR_PUBLIC_RELEASES", default=False)
SECOND_PERSON_FOR_PURGES = flag("SECOND_PERSON_FOR_PURGES", default=False)

HTTPS = not LOCAL
SECURE_SSL_REDIRECT = HTTPS and flag("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BEHIND_PROXY", default=False) else None
if FILES_SENT_BY_PROXY and not SECURE_PROXY_SSL_HEADER:
    raise ImproperlyConfigured("FILES_SENT_BY_PROXY needs a proxy: set BEHIND_PROXY=1, or unset it.")
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Promises for a whole domain, and hard to take back: whoever owns the domain makes them, not a program on one host.
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = HTTPS and flag("SECURE_HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"

CACHES = {
    "default": {
        "BACKEND": "curation.core.cache.FailingOpen",
        "LOCATION": ADDRESSES.redis,
        "KEY_PREFIX": "exempla",
        # A Redis that is frozen holds up a page for this long, in seconds, and no longer.
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

CELERY_BROKER_URL = ADDRESSES.broker
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the longest slice of work, or Redis would hand a running slice to a second worker; one of judging may
# last longer while the database is away, and a second one does no harm.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "socket_connect_timeout": 5, "health_check_interval": 10}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# With remote control off, workers stall for good after Redis dies with prefetch full.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_QUEUES = [Queue(name) for name in queues.QUEUES]
CELERY_TASK_DEFAULT_QUEUE = queues.BULK
CELERY_TASK_ROUTES = (queues.route,)
CELERY_IMPORTS = ("curation.core.worker_heartbeat", "curation.core.worker_end")
# Beat re-sends what a lost message or a flushed Redis forgot; a task looks at its rows and returns if none is due.
CELERY_BEAT_SCHEDULE = {
    "stories.import": {"task": "stories.import", "schedule": 3.0, "options": {"expires": 3}},
    "stories.check": {"task": "stories.check", "schedule": 3.0, "options": {"expires": 3}},
    "scoring.run": {"task": "scoring.run", "schedule": 2.0, "options": {"expires": 2}},
    "judging.run": {"task": "judging.run", "schedule": 2.0, "options": {"expires": 2}},
    "scoring.sweep": {"task": "scoring.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "calibration.refit": {"task": "calibration.refit", "schedule": 60.0, "options": {"expires": 60}},
    "llm.settle_lost": {"task": "llm.settle_lost", "schedule": 30.0, "options": {"expires": 30}},
    "webhooks.send": {"task": "webhooks.send", "schedule": 2.0, "options": {"expires": 2}},
    "webhooks.discard_old": {"task": "webhooks.discard_old", "schedule": 3600.0},
    "annotations.expire": {"task": "annotations.expire", "schedule": 15.0, "options": {"expires": 15}},
    "stories.discard_abandoned": {"task": "stories.discard_abandoned", "schedule": 3600.0},
    "releases.discard_abandoned": {"task": "releases.discard_abandoned", "schedule": 3600.0},
    "api.forget_calls": {"task": "api.forget_calls", "schedule": 3600.0},
    "triage.fill": {"task": "triage.fill", "schedule": 3.0, "options": {"expires": 3}},
    "triage.start_runs": {"task": "triage.start_runs", "schedule": 5.0, "options": {"expires": 5}},
    "releases.build": {"task": "releases.build", "schedule": 3.0, "options": {"expires": 3}},
    "erasure.purge": {"task": "erasure.purge", "schedule": 10.0, "options": {"expires": 10}},
    "research.profile": {"task": "research.profile", "schedule": 20.0, "options": {"expires": 20}},
    "publishing.run": {"task": "publishing.run", "schedule": 5.0, "options": {"expires": 5}},
    "argilla.sync": {"task": "argilla.sync", "schedule": 15.0, "options": {"expires": 15}},
    "ratings_import.run": {"task": "ratings_import.run", "schedule": 5.0, "options": {"expires": 5}},
    "ratings_import.fetch": {"task": "ratings_import.fetch", "schedule": 15.0, "options": {"expires": 15}},
    "publishing.follow": {"task": "publishing.follow", "schedule": 60.0, "options": {"expires": 60}},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"refused": {"()": "curation.core.logs.RefusedIsNoError"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refused"]}},
    # What these say of a request at lower levels has its signature, or a key, or the token of a session in it.
    "loggers": {
        name: {"level": "WARNING"}
        for name in (
            "botocore",
            "urllib3",
            "anthropic",
            "openai",
            "httpx2",
            "httpcore2",
            "huggingface_hub",
            "pydantic_ai",
        )
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
