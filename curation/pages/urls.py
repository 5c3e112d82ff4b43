from django.urls import URLPattern, path

from curation.pages.views import health, home

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
