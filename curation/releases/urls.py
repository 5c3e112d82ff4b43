from django.urls import path

from curation.core.own_pages import from_our_own_pages
from curation.releases.views import approvals, changes, creating, datasets, files, quality, releases, withdrawing

VERSION = "datasets/<slug:org>/<slug:name>/<str:version>/"

urlpatterns = [
    path("datasets/", datasets.dataset_list, name="dataset_list"),
    path("datasets/new/", datasets.dataset_new, name="dataset_new"),
    path("datasets/<slug:org>/<slug:name>/", datasets.dataset, name="dataset"),
    path("datasets/<slug:org>/<slug:name>/describe/", datasets.dataset_describe, name="dataset_describe"),
    path("datasets/<slug:org>/<slug:name>/new/", creating.release_new, name="release_new"),
    path("datasets/<slug:org>/<slug:name>/new/agreement/", creating.release_agreement, name="release_agreement"),
    path("datasets/<slug:org>/<slug:name>/visibility/", approvals.visibility, name="dataset_visibility"),
    path("datasets/<slug:org>/<slug:name>/approvals/<int:pk>/", approvals.approval, name="approval"),
    path(VERSION, releases.release, name="release"),
    path(VERSION + "progress/", releases.release_progress, name="release_progress"),
    path(VERSION + "retry/", releases.release_retry, name="release_retry"),
    path(VERSION + "discard/", releases.release_discard, name="release_discard"),
    path(VERSION + "abandon/", releases.release_abandon, name="release_abandon"),
    path(VERSION + "quality/", quality.release_quality, name="release_quality"),
    path(VERSION + "withdraw/", withdrawing.release_withdraw, name="release_withdraw"),
    path(VERSION + "changes/", changes.release_changes, name="release_changes"),
    path(VERSION + "zip/", from_our_own_pages(files.release_zip), name="release_zip"),
    path(VERSION + "files/<path:path>", from_our_own_pages(files.release_file), name="release_file"),
]
