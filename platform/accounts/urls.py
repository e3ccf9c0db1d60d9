from django.urls import path

from accounts import people_views, views

app_name = "accounts"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("language/", views.language, name="language"),
    path("account/sessions/", views.sessions, name="sessions"),
    path("account/sessions/end/", views.end_sessions, name="sessions_end"),
    path("account/sessions/<int:pk>/end/", views.end_session, name="session_end"),
    path("account/tokens/", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", views.revoke_token, name="token_revoke"),
    path("people/", people_views.people, name="people"),
    path("people/<int:pk>/", people_views.person, name="person"),
    path("people/<int:pk>/role/", people_views.change_role, name="person_role"),
    path("people/<int:pk>/deactivate/", people_views.deactivate, name="person_deactivate"),
    path("people/<int:pk>/activate/", people_views.activate, name="person_activate"),
    path("people/<int:pk>/remove-second-factor/", people_views.remove_factor, name="person_factor"),
    path("people/<int:pk>/password-link/", people_views.password_link, name="person_password"),
]
