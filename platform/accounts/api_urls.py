from django.urls import path

from accounts import api

app_name = "accounts-api"
urlpatterns = [
    path("token/", api.TokenView.as_view(), name="token"),
    path("who/", api.WhoView.as_view(), name="who"),
]
