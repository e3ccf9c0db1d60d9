"""The one settings file. Everything that differs between places comes from the environment (docs/settings.md).

Importing it starts nothing and connects to nothing.
"""

from importlib.util import find_spec
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

from config.embedded import database_url
from config.env import Env, new_key, secret_from_file
from config.storage import s3_storage

env = Env()
BASE_DIR = Path(__file__).resolve().parents[2]
VAR = env.folder("SEMBLANCE_VAR", BASE_DIR / "var")

DEBUG = env.boolean("DEBUG", False)
HTTPS_ONLY = env.boolean("HTTPS_ONLY", False)
BEHIND_PROXY = env.boolean("BEHIND_PROXY", False)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")

# Database: PostgreSQL always. Without DATABASE_URL the embedded server under VAR is used.
EMBEDDED_DATABASE = not env.text("DATABASE_URL", "")
DATABASE_ROLE = env.choice("DATABASE_ROLE", "app", ("app", "owner"))
if EMBEDDED_DATABASE:
    _database_url = database_url(VAR, DATABASE_ROLE, env.text("EMBEDDED_DATABASE_NAME", "semblance"))
    _key_url = database_url(VAR, "key", env.text("EMBEDDED_DATABASE_NAME", "semblance"))
    SECRET_KEY = env.text("SECRET_KEY", "") or secret_from_file(VAR / "secret_key")
else:
    _database_url = env.url("DATABASE_URL", "", ("postgres", "postgresql"))
    if DATABASE_ROLE == "owner":
        _database_url = env.url("DATABASE_OWNER_URL", _database_url, ("postgres", "postgresql"))
    SECRET_KEY = env.text("SECRET_KEY")
    _key_url = env.url("DATABASE_KEY_URL", _database_url, ("postgres", "postgresql"))
DATABASES = {
    "default": dj_database_url.parse(_database_url, conn_max_age=60, conn_health_checks=True),
    # The role that may read which version a presentation shows. Asked by `ratings.key` alone.
    "key": dj_database_url.parse(_key_url, conn_max_age=0),
}
KEY_DATABASE = "key"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A full cache drops entries at random. Counters of sign-in failures and of looks at media live here: a flood of other
# keys must not push them out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

# Queue: a doorbell only; the truth is in the database. The default transport is a folder.
CELERY_BROKER_URL = env.url(
    "CELERY_BROKER_URL", "filesystem://", ("filesystem", "amqp", "amqps", "redis", "rediss", "memory")
)
if CELERY_BROKER_URL.startswith("filesystem"):
    _queue = VAR / "queue"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "processed_folder": str(_queue / "processed"),
        "control_folder": _queue / "control",
        "polling_interval": 0.2,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_ROUTES = {"deid.tasks.render_gpu": {"queue": "gpu"}, "deid.tasks.train": {"queue": "gpu"}}
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
JOB_LEASE_SECONDS = env.integer("JOB_LEASE_SECONDS", 30, least=2, most=3600)
JOB_SWEEP_SECONDS = env.integer("JOB_SWEEP_SECONDS", 10, least=1, most=3600)
# High on purpose: a lost worker is not the job's fault. It still ends a job that kills every worker it meets.
JOB_MAX_ATTEMPTS = env.integer("JOB_MAX_ATTEMPTS", 50, least=1, most=1000)
CELERY_BEAT_SCHEDULE = {
    "sweep-jobs": {"task": "deid.tasks.sweep", "schedule": JOB_SWEEP_SECONDS},
    "remind-raters": {"task": "ratings.tasks.remind", "schedule": 3600},
    "sweep-studies": {"task": "ratings.tasks.sweep", "schedule": JOB_SWEEP_SECONDS},
    "sweep-uploads": {"task": "cohorts.tasks.sweep", "schedule": JOB_SWEEP_SECONDS},
    "sweep-measurements": {"task": "analysis.tasks.sweep", "schedule": JOB_SWEEP_SECONDS},
    "sweep-orphans": {"task": "cohorts.tasks.sweep_orphans", "schedule": 600},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")

# Storage of media, never inside a public folder: a local folder, or S3 as s3://bucket?endpoint=URL&region=NAME.
STORAGE_URL = env.url("STORAGE_URL", f"file://{VAR / 'media'}", ("file", "s3"))
MEDIA_ROOT = STORAGE_URL.removeprefix("file://") if STORAGE_URL.startswith("file://") else ""
MEDIA_URL = ""
# Media are encrypted at rest where a master key is given; beside the embedded database one is made. An old one is only
# read, until `manage.py rotate_media_key` has wrapped every file's key by the new one.
MEDIA_ENCRYPTION_KEY = env.key("MEDIA_ENCRYPTION_KEY")
MEDIA_ENCRYPTION_KEY_OLD = env.key("MEDIA_ENCRYPTION_KEY_OLD")
if EMBEDDED_DATABASE and not MEDIA_ENCRYPTION_KEY:
    MEDIA_ENCRYPTION_KEY = secret_from_file(VAR / "media_key", new_key)
# Links to media hold for one session and so long; a look at a two-hour recording has pauses.
MEDIA_LINK_SECONDS = env.integer("MEDIA_LINK_SECONDS", 4 * 3600, least=1, most=24 * 3600)
# Where nginx serves MEDIA_ROOT internally, such as /protected-media/: plain files are then sent by nginx.
MEDIA_ACCEL_PREFIX = env.text("MEDIA_ACCEL_PREFIX", "")
UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_BYTES", 4 * 1024**3, least=1024, most=64 * 1024**3)
RECORDING_MAX_SECONDS = env.integer("RECORDING_MAX_SECONDS", 2 * 3600, least=1, most=24 * 3600)
# Quarantine: what came in and was not looked at yet. Web processes and workers share it.
UPLOAD_FOLDER = env.folder("UPLOAD_FOLDER", VAR / "uploads")
UPLOAD_EXPIRE_DAYS = env.integer("UPLOAD_EXPIRE_DAYS", 7, least=1, most=365)
UPLOAD_IDLE_SECONDS = env.integer("UPLOAD_IDLE_SECONDS", 30, least=1, most=600)
UPLOAD_ORPHAN_SECONDS = 3600  # a file without a row is younger while its row is being written
PROBE_SECONDS = env.integer("PROBE_SECONDS", 60, least=1, most=60)
PROBE_MEMORY_MB = env.integer("PROBE_MEMORY_MB", 2048, least=512, most=64 * 1024)
# Portraits of other people, the gallery in which renditions are looked up; the shipped donors where there is none.
STRANGERS_FOLDER = env.folder("STRANGERS_FOLDER", BASE_DIR / "deid" / "donors")
# Weights that are no part of this product (docs/models.md), what this deployment is for, where networks run.
MODEL_STORE = env.folder("MODEL_STORE", VAR / "models")
# A bucket from which other machines fetch what one has added; nothing is fetched while work is done.
MODEL_STORE_URL = env.text("MODEL_STORE_URL", "") and env.url("MODEL_STORE_URL", "", ("s3",))
# Training sets and the checkpoints of trainings; web processes and the workers of the queue gpu share it.
TRAINING_FOLDER = env.folder("TRAINING_FOLDER", VAR / "training")
MODEL_MANIFEST = Path(env.text("MODEL_MANIFEST", str(BASE_DIR / "platform" / "modelstore" / "manifest.json")))
MODEL_USE = env.choice("MODEL_USE", "research", ("research", "commercial"))
MODEL_DEVICE = env.choice("MODEL_DEVICE", "auto", ("auto", "cpu", "cuda"))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["cohorts.upload_handler.QuarantineUploadHandler"]
WORK_FOLDER = VAR / "work"


def _media_storage() -> dict:
    if STORAGE_URL.startswith("s3://"):
        return s3_storage(STORAGE_URL, "STORAGE_URL")
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": MEDIA_ROOT}}


STORAGES = {
    "default": _media_storage(),
    **({"models": s3_storage(MODEL_STORE_URL, "MODEL_STORE_URL")} if MODEL_STORE_URL else {}),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "frontend",
    "audit",
    "accounts",
    "cohorts",
    "deid",
    "ratings",
    "analysis",
    "operations",
    "demo",
]
MIDDLEWARE = [
    "config.logs.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LanguageMiddleware",  # around the messages, which are written in the user's language
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "frontend.middleware.NoStoreMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "frontend.context.navigation",
                "frontend.context.languages",
            ],
        },
    }
]
FORM_RENDERER = "frontend.forms.Renderer"

# Sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.ClosedSignupAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "change_password": "accounts.forms.PasswordForm",
    "reauthenticate": "accounts.forms.ConfirmForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Failures count for a name and for an address; successes take theirs back. 429 after "login".
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "20/m/ip,5/5m/key"}
if BEHIND_PROXY:
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # without it every client would share the proxy's address and its failures
# Second factor: a code of an authenticator application, or a recovery code.
ROLES = ("administrator", "coordinator", "rater", "judge", "investigator")
MFA_REQUIRED_ROLES = env.some_of(
    "MFA_REQUIRED_ROLES", "administrator,coordinator,investigator" if HTTPS_ONLY else "", ROLES
)
MFA_ADAPTER = "accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.ConfirmCodeForm",
    "activate_totp": "accounts.forms.SetUpForm",
}
MFA_TOTP_ISSUER = "Semblance"
MFA_TOTP_TOLERANCE = 1  # one step of 30 s before and after: clocks differ and typing takes time
MFA_RECOVERY_CODES_SHOW_ONCE = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Mail: reminders to raters. Without a server they are printed where the worker prints.
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env.integer("EMAIL_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", bool(EMAIL_HOST))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "semblance@localhost")
SITE_URL = env.text("SITE_URL", "") and env.url("SITE_URL", "", ("http", "https")).rstrip("/")
REMINDER_DAYS = env.integer("REMINDER_DAYS", 7, least=0, most=365)  # 0: none are sent

# What browsers are told
# Asked by the machine itself, past the proxy.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31536000 if HTTPS_ONLY else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api_errors.handle",
    "URL_FORMAT_OVERRIDE": None,  # there is one format; ?format= is a key like any other that nobody knows
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Semblance",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
}

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
# plotly.min.js ships in plotly's wheel; found without importing the library.
_plotly = find_spec("plotly")
_plotly_folder = (_plotly.submodule_search_locations or [""])[0] if _plotly else ""
STATICFILES_DIRS = [("plotly", Path(_plotly_folder) / "package_data")]
WHITENOISE_MANIFEST_STRICT = True

# The first is the language of logs, commands and everything that is kept; each user chooses what they read.
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "platform" / "frontend" / "locale"]
FORMAT_MODULE_PATH = ["frontend.formats"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS_ONLY
LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")

# Operations: log lines for people or for machines, errors told to an address, metrics for who has the token.
LOG_FORMAT = env.choice("LOG_FORMAT", "line", ("line", "json"))
ERROR_REPORT_URL = env.text("ERROR_REPORT_URL", "") and env.url("ERROR_REPORT_URL", "", ("http", "https"))
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
_handlers = ["console", "error_reports"] if ERROR_REPORT_URL else ["console"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "config.logs.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {request_id} {message}", "style": "{"},
        "json": {"()": "config.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request_id"]},
        # Made only where a root handler names it.
        "error_reports": {"()": "config.error_reports.ErrorReports", "url": ERROR_REPORT_URL},
    },
    # Django's own handlers would print a second time, and mail administrators.
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("django", "django.server")},
    "root": {"handlers": _handlers, "level": env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))},
}
