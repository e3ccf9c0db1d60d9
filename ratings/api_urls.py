from django.urls import path

from ratings import api

app_name = "ratings-api"
urlpatterns = [
    path("presentations/<uuid:pk>/ratings/", api.RatingView.as_view(), name="ratings"),
]
