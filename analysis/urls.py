from django.urls import path

from analysis import views

app_name = "analysis"
urlpatterns = [
    path("results/", views.studies, name="studies"),
    path("results/<int:pk>/", views.study, name="study"),
    path("results/<int:pk>/ratings.csv", views.ratings_csv, name="csv"),
]
