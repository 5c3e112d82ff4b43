"""Addresses of the API."""

from django.urls import URLPattern, URLResolver, include, path

from curation.api.views import datasets, docs, me, releases, sources, stories, story, tokens

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
    path("stories", stories.Stories.as_view(), name="stories"),
    path("stories/<int:pk>", story.OneStory.as_view(), name="story"),
    path("stories/<int:pk>/lineage", story.StoryLineage.as_view(), name="story_lineage"),
    path("stories/<int:pk>/decisions", story.StoryDecisions.as_view(), name="story_decisions"),
    path("stories/<int:pk>/scores", story.StoryScores.as_view(), name="story_scores"),
    path("stories/<int:pk>/unblock", story.StoryUnblock.as_view(), name="story_unblock"),
    path("stories/<int:pk>/history", story.StoryHistory.as_view(), name="story_history"),
    path("sources", sources.Sources.as_view(), name="sources"),
    path("sources/<int:pk>", sources.OneSource.as_view(), name="source"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((v1, "api"))),
    path("api/schema/", docs.schema, name="api_schema"),
    path("api/docs/", docs.docs, name="api_docs"),
]
