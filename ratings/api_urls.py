from django.urls import path

from ratings import api, sixface_api, viewing_api

app_name = "ratings-api"
urlpatterns = [
    path("presentations/<uuid:pk>/ratings/", api.RatingView.as_view(), name="ratings"),
    path("presentations/<uuid:pk>/viewing/", viewing_api.ViewingView.as_view(), name="viewing"),
    path("presentations/<uuid:pk>/acquaintance/", api.AcquaintanceView.as_view(), name="acquaintance"),
    path("practice/<uuid:pk>/answers/", api.PracticeView.as_view(), name="practice"),
    path("trials/<uuid:pk>/answer/", sixface_api.TrialAnswerView.as_view(), name="trial_answer"),
]
