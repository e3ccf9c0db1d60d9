from django.urls import path

from ratings import member_views, views

app_name = "ratings"
urlpatterns = [
    path("studies/", views.studies, name="studies"),
    path("studies/new/", views.study_new, name="study_new"),
    path("studies/<int:pk>/", views.study, name="study"),
    path("studies/<int:pk>/prepare/", views.study_prepare, name="study_prepare"),
    path("studies/<int:pk>/open/", views.study_open, name="study_open"),
    path("studies/<int:pk>/close/", views.study_close, name="study_close"),
    path("studies/<int:pk>/members/", member_views.add_member, name="member_add"),
    path("study-members/<int:pk>/remove/", member_views.remove_member, name="member_remove"),
    path("rate/", views.desk, name="desk"),
    path("rate/next/", views.next_presentation, name="next"),
    path("rate/<uuid:pk>/", views.presentation, name="presentation"),
    path("rate/<uuid:pk>/video", views.video, name="video"),
]
