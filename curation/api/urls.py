"""Addresses of the API."""

from django.urls import URLPattern, URLResolver, include, path

from curation.api.views import datasets, docs, me, releases, tokens

DATASET = "datasets/<slug:org>/<slug:name>"
RELEASE = f"{DATASET}/releases/<str:version>"
v1: list[URLPattern | URLResolver] = [
    path("me", me.Me.as_view(), name="me"),
    path("tokens", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<int:pk>", tokens.OneToken.as_view(), name="token"),
    path("datasets", datasets.Datasets.as_view(), name="datasets"),
    path(DATASET, datasets.OneDataset.as_view(), name="dataset"),
    path(f"{DATASET}/outlook", datasets.DatasetOutlook.as_view(), name="dataset_outlook"),
    path(f"{DATASET}/releases", releases.Releases.as_view(), name="releases"),
    path(RELEASE, releases.OneRelease.as_view(), name="release"),
    path(f"{RELEASE}/retry", releases.ReleaseRetry.as_view(), name="release_retry"),
    path(f"{RELEASE}/files", releases.ReleaseFiles.as_view(), name="release_files"),
    path(f"{RELEASE}/files/<path:path>", releases.ReleaseFileContent.as_view(), name="release_file"),
    path(f"{RELEASE}/zip", releases.ReleaseZip.as_view(), name="release_zip"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((v1, "api"))),
    path("api/schema/", docs.schema, name="api_schema"),
    path("api/docs/", docs.docs, name="api_docs"),
]
