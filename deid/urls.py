from django.urls import path

from deid import donor_views, training_views, views, weight_views

app_name = "deid"
urlpatterns = [
    path("recordings/<int:pk>/", views.recording, name="recording"),
    path("recordings/<int:pk>/jobs/", views.request_job, name="request_job"),
    path("donors/", donor_views.donors, name="donors"),
    path("donors/<slug:name>.jpg", donor_views.donor_picture, name="donor_picture"),
    path("donors/own/<int:pk>", donor_views.own_donor_picture, name="own_donor_picture"),
    path("models/", weight_views.weights, name="weights"),
    path("models/training/", training_views.trainings, name="trainings"),
    path("models/training/new/", training_views.training_new, name="training_new"),
    path("models/training/<int:pk>/", training_views.training, name="training"),
    path("models/training/<int:pk>/stop/", training_views.training_stop, name="training_stop"),
    path("models/training/<int:pk>/resume/", training_views.training_resume, name="training_resume"),
    path("models/training/<int:pk>/use/", training_views.training_use, name="training_use"),
    path("models/training/<int:pk>/clear/", training_views.training_clear, name="training_clear"),
    path("models/training/sheets/<int:pk>", training_views.training_sheet, name="training_sheet"),
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<int:pk>/", views.job, name="job"),
    path("jobs/<int:pk>/cancel/", views.cancel_job, name="cancel_job"),
    path("renditions/<int:pk>/", views.review, name="review"),
    path("renditions/<int:pk>/video", views.rendition_video, name="rendition_video"),
    path("renditions/<int:pk>/share/", views.export_rendition, name="export_rendition"),
    path("renditions/<int:pk>/decide/", views.decide, name="decide"),
    path("renditions/<int:pk>/keep-masked/", views.keep_masked, name="keep_masked"),
    path("renditions/<int:pk>/render-again/", views.render_again, name="render_again"),
    path("renditions/<int:pk>/release/", views.release, name="release"),
    path("renditions/<int:pk>/reject/", views.reject, name="reject"),
]
