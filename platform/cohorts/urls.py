from django.urls import path

from cohorts import invitation_views, membership_views, participant_views, tus, views

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
    path("cohorts/<int:pk>/participants/", participant_views.participants, name="participants"),
    path("cohorts/<int:pk>/participants/new/", participant_views.participant_new, name="participant_new"),
    path("participants/<int:pk>/", participant_views.participant, name="participant"),
    path("participants/<int:pk>/edit/", participant_views.participant_edit, name="participant_edit"),
    path("participants/<int:pk>/consent/", participant_views.consent, name="consent"),
    path("participants/<int:pk>/withdraw/", participant_views.withdraw, name="withdraw"),
    path("recordings/<int:pk>/circumstances/", participant_views.circumstances, name="circumstances"),
    path("cohorts/<int:pk>/uploads/", views.uploads, name="uploads"),
    path("cohorts/<int:pk>/files/", tus.uploads_of_cohort, name="files"),
    path("uploads/<int:pk>/content", tus.upload_content, name="upload_content"),
    path("uploads/<int:pk>/", views.upload_status, name="upload_status"),
    path("recordings/<int:pk>/video", views.recording_video, name="recording_video"),
]
