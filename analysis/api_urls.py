from django.urls import path

from analysis import api

app_name = "analysis-api"
urlpatterns = [
    path("studies/<int:pk>/export/", api.StudyExportView.as_view(), name="export"),
    path("runs/<int:pk>/", api.RunView.as_view(), name="run"),
]
