from django.urls import path

from analysis import sixface_api

app_name = "sixface-api"
urlpatterns = [
    path("experiments/<int:pk>/result/", sixface_api.ExperimentResultView.as_view(), name="result"),
]
