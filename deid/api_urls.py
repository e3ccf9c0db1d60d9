from django.urls import path

from deid import api, training_api

app_name = "deid-api"
urlpatterns = [
    path("jobs/", api.JobsView.as_view(), name="jobs"),
    path("jobs/<int:pk>/", api.JobView.as_view(), name="job"),
    path("jobs/<int:pk>/cancel/", api.JobCancelView.as_view(), name="job_cancel"),
    path("recordings/<int:pk>/jobs/", api.RecordingJobsView.as_view(), name="recording_jobs"),
    path("recordings/<int:pk>/renditions/", api.RecordingRenditionsView.as_view(), name="recording_renditions"),
    path("renditions/<int:pk>/", api.RenditionView.as_view(), name="rendition"),
    path("trainings/", training_api.TrainingsView.as_view(), name="trainings"),
    path("trainings/<int:pk>/", training_api.TrainingView.as_view(), name="training"),
    path("trainings/<int:pk>/stop/", training_api.TrainingStopView.as_view(), name="training_stop"),
    path("trainings/<int:pk>/resume/", training_api.TrainingResumeView.as_view(), name="training_resume"),
]
