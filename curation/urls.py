"""Every address of the site, by room. Triage comes before annotations: `/queues/new/` is not a queue."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("curation.pages.urls")),
    path("", include("curation.accounts.urls")),
    path("", include("curation.standards.urls")),
    path("", include("curation.stories.urls")),
    path("", include("curation.triage.urls")),
    path("", include("annotations.urls")),
    path("", include("curation.releases.urls")),
]
