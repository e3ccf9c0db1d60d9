from django.urls import path

from cohorts import tus, views

app_name = "cohorts"
urlpatterns = [
    path("cohorts/", views.cohort_list, name="list"),
    path("cohorts/new/", views.cohort_new, name="new"),
    path("cohorts/<int:pk>/", views.cohort_page, name="cohort"),
    path("cohorts/<int:pk>/upload/", views.upload, name="upload"),
    path("cohorts/<int:pk>/uploads/", views.uploads, name="uploads"),
    path("cohorts/<int:pk>/files/", tus.uploads_of_cohort, name="files"),
    path("uploads/<int:pk>/content", tus.upload_content, name="upload_content"),
    path("uploads/<int:pk>/", views.upload_status, name="upload_status"),
    path("recordings/<int:pk>/video", views.recording_video, name="recording_video"),
]
