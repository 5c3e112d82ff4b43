from django.urls import URLPattern, path

from curation.pages.views import comparison, health, home, scoring

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("reviews/<int:review_id>/comparison/", comparison.comparison, name="comparison"),
    path("scoring/", scoring.scoring_progress, name="scoring_progress"),
    path("scoring/<int:pk>/retry/", scoring.scoring_retry, name="scoring_retry"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
