from django.urls import path

from cohorts import api

app_name = "cohorts-api"
urlpatterns = [
    path("cohorts/", api.CohortsView.as_view(), name="cohorts"),
    path("cohorts/<int:pk>/", api.CohortView.as_view(), name="cohort"),
    path("cohorts/<int:pk>/participants/", api.ParticipantsView.as_view(), name="participants"),
    path("cohorts/<int:pk>/recordings/", api.RecordingsView.as_view(), name="recordings"),
    path("cohorts/<int:pk>/uploads/", api.UploadsView.as_view(), name="uploads"),
    path("participants/<int:pk>/", api.ParticipantView.as_view(), name="participant"),
    path("recordings/<int:pk>/", api.RecordingView.as_view(), name="recording"),
    path("uploads/<int:pk>/", api.UploadView.as_view(), name="upload"),
]
