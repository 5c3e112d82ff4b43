"""The addresses under `/hub`, which the Hub's clients build from their endpoint."""

from django.urls import path

from curation.hub.views import callers, datasets, files

REPOSITORY = "hub/api/datasets/<slug:org>/<slug:name>"

urlpatterns = [
    path("hub/api/whoami-v2", callers.whoami, name="hub_whoami"),
    path(REPOSITORY, datasets.revision, name="hub_dataset"),
    path(REPOSITORY + "/revision/<path:revision>", datasets.revision, name="hub_revision"),
    path(REPOSITORY + "/tree/<str:revision>", datasets.tree, name="hub_tree"),
    path(REPOSITORY + "/tree/<str:revision>/<path:path>", datasets.tree, name="hub_folder"),
    path(REPOSITORY + "/paths-info/<str:revision>", datasets.paths, name="hub_paths"),
    path(REPOSITORY + "/refs", datasets.refs, name="hub_refs"),
    path(REPOSITORY + "/commits/<path:revision>", datasets.commits, name="hub_commits"),
    path(REPOSITORY + "/auth-check", datasets.auth_check, name="hub_auth_check"),
    path("hub/datasets/<slug:org>/<slug:name>/resolve/<str:revision>/<path:path>", files.resolve, name="hub_file"),
    path("hub/<path:rest>", callers.nothing, name="hub_nothing"),
]
