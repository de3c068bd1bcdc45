"""Settings of the console. Everything a deployment may change comes from the environment:
docs/operations.md lists the variables, and a test holds that list to this file."""

from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from opsconsole.database.configuration import databases
from opsconsole.secret_addresses import HideAddresses, hide_in_report

CHECKOUT = Path(__file__).resolve().parent.parent
VAR = CHECKOUT / "var"

env = environ.Env()
environ.Env.read_env(CHECKOUT / ".env")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="only-for-development" * 3 if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Give the console a long random one in its environment, "
        "or set DEBUG=1 on a machine of your own."
    )
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEBUG else []
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ENVIRONMENT_NAME = env.str("ENVIRONMENT_NAME", default="Development" if DEBUG else "Production")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "opsconsole.apps.ConsoleAdminConfig",
    "staffing",  # before auth, two of whose commands it brings anew
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "simple_history",
    "guardian",
    "import_export",
    "django_tasks",
    "django_tasks_db",
    "axes",
    "csp",
    "opsconsole.database",
    "opsconsole.access",
    "opsconsole.notices",
    "opsconsole.saved_views",
    "opsconsole.history",
    "opsconsole.imports",
    "opsconsole.exports",
    "opsconsole.workbench",
    "bookings",
]

MIDDLEWARE = [
    "opsconsole.health.HealthChecks",
    "opsconsole.access.middleware.RefuseNul",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "opsconsole.secret_addresses.WithoutSession",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "staffing.view_as.ViewAs",
    "opsconsole.access.middleware.OneTransactionPerRequest",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "opsconsole.urls"
WSGI_APPLICATION = "opsconsole.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [CHECKOUT / "opsconsole" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = databases(env.ENVIRON, CHECKOUT)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The veto comes first: a stray object permission must never widen anybody's scope.
AUTHENTICATION_BACKENDS = [
    "opsconsole.access.backends.ScopeVeto",
    "axes.backends.AxesStandaloneBackend",
    "staffing.backends.RoleBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_USER_MODEL = "staffing.User"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24 * 3  # seconds that a one-time sign-in link holds
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False

AXES_FAILURE_LIMIT = 6
AXES_USERNAME_FORM_FIELD = "username"  # what the form calls it; the model calls it email
AXES_CLIENT_IP_CALLABLE = "staffing.requests.address_of"
AXES_USERNAME_CALLABLE = "staffing.requests.email_to_sign_in"
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "signed_out/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_DATE_INDEX = False  # opsconsole.history declares the indexes that are used
SIMPLE_HISTORY_REVERT_DISABLED = True

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "America/New_York"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = CHECKOUT / "static"
STATICFILES_DIRS = [CHECKOUT / "opsconsole" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG

DATA_UPLOAD_MAX_NUMBER_FIELDS = 50_000  # a selection in a list posts one field a row
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=25 * 1024 * 1024)
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=200_000)
IMPORT_ROWS_AT_ONCE = env.int("IMPORT_ROWS_AT_ONCE", default=3_000)  # more go to the worker
IMPORT_KEPT_DAYS = env.int("IMPORT_KEPT_DAYS", default=7)
# Door codes are encrypted with the first; the others still open what was encrypted with them.
DOOR_CODE_KEYS = env.list(
    "DOOR_CODE_KEYS",
    default=[urlsafe_b64encode(b"only-for-development".ljust(32)).decode()] if DEBUG else [],
)
HISTORY_HEADS = env.str("HISTORY_HEADS", default="")
HISTORY_KEPT_DAYS = env.int("HISTORY_KEPT_DAYS", default=365)  # versions stay at least so long
IMPORT_MAX_COLUMNS = env.int("IMPORT_MAX_COLUMNS", default=200)

SESSION_COOKIE_AGE = 60 * 60 * 12  # a working day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 60 * 60 * 24 * 365)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"  # unfold lets its own related-object frames through, page by page

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # unfold's Alpine evaluates expressions and its templates carry inline scripts.
        "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}

UNFOLD = {
    "SITE_TITLE": "OpsConsole",
    "SITE_HEADER": "OpsConsole",
    "SITE_SUBHEADER": "Homes in our care",
    "SITE_SYMBOL": "home_work",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "opsconsole.sidebar.favicon"},
    ],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "opsconsole.sidebar.environment_label",
    "DASHBOARD_CALLBACK": "opsconsole.dashboard.dashboard",
    "STYLES": ["opsconsole.sidebar.stylesheet"],
    "SCRIPTS": ["opsconsole.sidebar.script"],
    "SIDEBAR": {"show_search": False, "navigation": "opsconsole.sidebar.navigation"},
    "COMMAND": {"search_models": False},
    "COLORS": {
        "primary": {
            "50": "oklch(97.8% .013 190)",
            "100": "oklch(94.8% .032 190)",
            "200": "oklch(89.6% .06 190)",
            "300": "oklch(82% .09 190)",
            "400": "oklch(72% .105 190)",
            "500": "oklch(66% .11 191)",
            "600": "oklch(49% .083 192)",
            "700": "oklch(42% .07 193)",
            "800": "oklch(36% .058 194)",
            "900": "oklch(31% .047 195)",
            "950": "oklch(23% .036 196)",
        },
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"addresses": {"()": HideAddresses}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["addresses"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"axes": {"level": "WARNING"}, "django.server": {"filters": ["addresses"]}},
}

# What is sent, and what the functions on the way hold, may be a door code: neither is reported.
SENTRY: dict[str, Any] = {
    "before_send": hide_in_report,
    "send_default_pii": False,
    "max_request_body_size": "never",
    "include_local_variables": False,
}
if env.str("SENTRY_DSN", default=""):
    import sentry_sdk

    sentry_sdk.init(dsn=env.str("SENTRY_DSN"), **SENTRY)
