from django.urls import path

from ratings import api, sixface_api, sixface_staff_api, viewing_api

app_name = "ratings-api"
urlpatterns = [
    path("presentations/<uuid:pk>/ratings/", api.RatingView.as_view(), name="ratings"),
    path("presentations/<uuid:pk>/viewing/", viewing_api.ViewingView.as_view(), name="viewing"),
    path("presentations/<uuid:pk>/acquaintance/", api.AcquaintanceView.as_view(), name="acquaintance"),
    path("practice/<uuid:pk>/answers/", api.PracticeView.as_view(), name="practice"),
    path("trials/<uuid:pk>/answer/", sixface_api.TrialAnswerView.as_view(), name="trial_answer"),
    path("cohorts/<int:pk>/experiments/", sixface_staff_api.CohortExperimentsView.as_view(), name="cohort_experiments"),
    path("experiments/", sixface_staff_api.ExperimentsView.as_view(), name="experiments"),
    path("experiments/<int:pk>/", sixface_staff_api.ExperimentView.as_view(), name="experiment"),
    path(
        "experiments/<int:pk>/protocol/", sixface_staff_api.ExperimentProtocolView.as_view(), name="experiment_protocol"
    ),
    path("experiments/<int:pk>/build/", sixface_staff_api.ExperimentBuildView.as_view(), name="experiment_build"),
    path("experiments/<int:pk>/open/", sixface_staff_api.ExperimentOpenView.as_view(), name="experiment_open"),
    path("experiments/<int:pk>/close/", sixface_staff_api.ExperimentCloseView.as_view(), name="experiment_close"),
]
