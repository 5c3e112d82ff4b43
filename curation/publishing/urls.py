"""Addresses of published copies and targets. They come before those of releases: `hubs` is no version."""

from django.urls import URLPattern, path

from curation.publishing import views

DATASET = "datasets/<slug:org>/<slug:name>/"
VERSION = DATASET + "<str:version>/publish/"

urlpatterns: list[URLPattern] = [
    path(DATASET + "hubs/", views.target_list, name="target_list"),
    path(DATASET + "hubs/<int:pk>/", views.target_move, name="target_move"),
    path(VERSION, views.release_publish, name="release_publish"),
    path(VERSION + "progress/", views.publish_progress, name="publish_progress"),
    path(VERSION + "preview/", views.publish_preview, name="publish_preview"),
    path("publications/<int:pk>/", views.publication_move, name="publication_move"),
]
