from django.urls import URLPattern, path

from curation.core.own_pages import from_our_own_pages
from curation.pages.views import comparison, health, home, icon, scoring, stories, story

urlpatterns: list[URLPattern] = [
    path("favicon.ico", icon.favicon, name="favicon"),
    path("", home.home, name="home"),
    path("stories/", stories.story_list, name="story_list"),
    path("stories/<int:pk>/", story.story_detail, name="story_detail"),
    path("stories/<int:pk>/scores/", story.story_scores, name="story_scores"),
    path("stories/<int:pk>/unblock/", story.story_unblock, name="story_unblock"),
    path("reviews/<int:review_id>/comparison/", from_our_own_pages(comparison.comparison), name="comparison"),
    path("scoring/", scoring.scoring_progress, name="scoring_progress"),
    path("scoring/<int:pk>/retry/", scoring.scoring_retry, name="scoring_retry"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
