"""All routes."""

from django.urls import include, path

from config.api_schema import schema
from operations.health import healthz, readyz
from operations.metrics import metrics

handler500 = "operations.errors.server_error"
urlpatterns = [
    path("", include("frontend.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("account/", include("accounts.sign_in_urls")),
    path("", include("accounts.urls")),
    path("", include("cohorts.urls")),
    path("", include("deid.urls")),
    path("", include("ratings.urls")),
    path("", include("analysis.urls")),
    path("", include("audit.urls")),
    path("api/", include("accounts.api_urls")),
    path("api/", include("cohorts.api_urls")),
    path("api/", include("deid.api_urls")),
    path("api/", include("ratings.api_urls")),
    path("api/", include("analysis.api_urls")),
    path("api/", include("analysis.sixface_api_urls")),
    path("api/schema/", schema, name="schema"),
]
