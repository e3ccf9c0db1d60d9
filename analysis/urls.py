from django.urls import path

from analysis import (
    agreement_views,
    dashboard_views,
    fidelity_views,
    player_views,
    run_views,
    sixface_views,
    views,
)
from analysis.run_export import FORMS

app_name = "analysis"
urlpatterns = [
    path("results/", views.studies, name="studies"),
    path("results/<int:pk>/", views.study, name="study"),
    path("results/<int:pk>/ratings.csv", views.ratings_csv, name="csv"),
    path("results/<int:pk>/study.zip", views.study_zip, name="zip"),
    path("results/<int:pk>/run/", run_views.start, name="run_start"),
    path("runs/<int:pk>/", run_views.run, name="run"),
    path("runs/<int:pk>/cancel/", run_views.cancel, name="run_cancel"),
    path("runs/<int:pk>/report/again/", run_views.report_again, name="report_again"),
    *(path(f"runs/<int:pk>/run.{form}", run_views.export, {"form": form}, name=f"run_{form}") for form in FORMS),
    path("runs/<int:pk>/agreement/", agreement_views.agreement, name="agreement"),
    path("runs/<int:pk>/participants/<slug:name>/", agreement_views.participant, name="agreement_participant"),
    path("runs/<int:pk>/report.html", agreement_views.report, {"form": "html"}, name="report_html"),
    path("runs/<int:pk>/report.pdf", agreement_views.report, {"form": "pdf"}, name="report_pdf"),
    path("cohorts/<int:pk>/fidelity/", fidelity_views.cohort, name="cohort_fidelity"),
    path("renditions/<int:pk>/fidelity/", fidelity_views.rendition, name="fidelity"),
    path("fidelity/methods/", dashboard_views.methods, name="methods"),
    path("fidelity/dynamics/", dashboard_views.dynamics, name="dynamics"),
    path("fidelity/identity/", dashboard_views.identity, name="identity"),
    path("renditions/<int:pk>/side-by-side/", player_views.player, name="player"),
    path("renditions/<int:pk>/side-by-side/video/", player_views.player_video, name="player_video"),
    path("renditions/<int:pk>/measure-again/", fidelity_views.measure_again, name="measure_again"),
    path("results/experiments/<int:pk>/", sixface_views.experiment, name="experiment"),
    path("results/experiments/<int:pk>/export.zip", sixface_views.experiment_export, name="experiment_export"),
]
