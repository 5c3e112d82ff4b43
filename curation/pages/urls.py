from django.urls import URLPattern, path

from curation.core.own_pages import from_our_own_pages
from curation.pages.views import activity, comparison, health, home, icon, imports, people, scoring, stories, story

urlpatterns: list[URLPattern] = [
    path("favicon.ico", icon.favicon, name="favicon"),
    path("", home.home, name="home"),
    path("stories/", stories.story_list, name="story_list"),
    path("stories/<int:pk>/", story.story_detail, name="story_detail"),
    path("stories/<int:pk>/scores/", story.story_scores, name="story_scores"),
    path("stories/<int:pk>/unblock/", story.story_unblock, name="story_unblock"),
    path("stories/import/", imports.import_new, name="import_new"),
    path("stories/import/preview/<str:token>/", imports.import_preview, name="import_preview"),
    path("stories/import/<int:pk>/", imports.import_detail, name="import_detail"),
    path("stories/import/<int:pk>/resume/", imports.import_resume, name="import_resume"),
    path("stories/import/<int:pk>/report.csv", imports.import_report, name="import_report"),
    path("stories/imports/", imports.import_list, name="import_list"),
    path("reviews/<int:review_id>/comparison/", from_our_own_pages(comparison.comparison), name="comparison"),
    path("scoring/", scoring.scoring_progress, name="scoring_progress"),
    path("scoring/<int:pk>/retry/", scoring.scoring_retry, name="scoring_retry"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="person_invite"),
    path("people/invitations/<int:pk>/withdraw/", people.invitation_withdraw, name="invitation_withdraw"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/role/", people.person_role, name="person_role"),
    path("people/<int:pk>/queues/", people.person_queues, name="person_queues"),
    path("people/<int:pk>/close/", people.person_close, name="person_close"),
    path("people/<int:pk>/reopen/", people.person_reopen, name="person_reopen"),
    path("invitations/<str:secret>/", people.invitation, name="invitation"),
    path("activity/", activity.activity, name="activity"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
