"""All routes."""

from django.urls import include, path

from accounts.views import home
from config.api_schema import schema
from config.health import healthz

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
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
    path("api/schema/", schema, name="schema"),
]
