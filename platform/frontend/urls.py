from django.urls import path

from frontend import views

urlpatterns = [
    path("", views.home, name="home"),
    path("glossary/", views.glossary, name="glossary"),
    path("style/", views.style, name="style"),
]
