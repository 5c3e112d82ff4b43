"""Every address of the site, by room. Triage comes before annotations: `/queues/new/` is not a queue. So does
publishing before releases."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from curation.accounts.views import back_office
from curation.core import problems

urlpatterns: list[URLPattern | URLResolver] = [
    # The back office's own forms for passwords would have no limit on tries.
    path("admin/login/", back_office, name="back_office"),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change"), name="back_office_password"),
    path("admin/", admin.site.urls),
    path("", include("curation.pages.urls")),
    path("", include("curation.api.urls")),
    path("", include("curation.hub.urls")),
    path("", include("curation.accounts.urls")),
    path("", include("curation.webhooks.urls")),
    path("", include("curation.llm.urls")),
    path("", include("curation.standards.urls")),
    path("", include("curation.triage.urls")),
    path("", include("annotations.urls")),
    path("", include("curation.research.urls")),
    path("", include("curation.ratings_import.urls")),
    path("", include("curation.publishing.urls")),
    path("", include("curation.argilla.urls")),
    path("", include("curation.access.urls")),
    path("", include("curation.releases.urls")),
    path("", include("curation.erasure.urls")),
]

handler400 = problems.bad_request
handler403 = problems.not_allowed
handler404 = problems.not_found
handler500 = problems.broken
