from django.urls import path

from cohorts import invitation_views, membership_views, views

app_name = "cohorts"
urlpatterns = [
    path("cohorts/", views.cohort_list, name="list"),
    path("cohorts/new/", views.cohort_new, name="new"),
    path("cohorts/<int:pk>/", views.cohort_page, name="cohort"),
    path("cohorts/<int:pk>/upload/", views.upload, name="upload"),
    path("cohorts/<int:pk>/members/", membership_views.members, name="members"),
    path("memberships/<int:pk>/remove/", membership_views.remove_member, name="member_remove"),
    path("invitations/", invitation_views.invitations, name="invitations"),
    path("invitations/<int:pk>/revoke/", invitation_views.revoke, name="invitation_revoke"),
    path("join/<str:secret>/", invitation_views.join, name="join"),
    path("uploads/<int:pk>/", views.upload_status, name="upload_status"),
    path("recordings/<int:pk>/video", views.recording_video, name="recording_video"),
]
