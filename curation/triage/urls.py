"""Addresses of triage."""

from django.urls import URLPattern, path

from curation.triage import views

urlpatterns: list[URLPattern] = [
    path("queues/new/", views.queue_new, name="queue_new"),
    path("queues/new/preview/", views.queue_preview, name="queue_preview"),
    path("queues/<slug:slug>/add/", views.queue_add, name="queue_add"),
    path("queues/<slug:slug>/judges/", views.queue_judges, name="queue_judges"),
    path("queues/<slug:slug>/fills/", views.queue_fills, name="queue_fills"),
    path("queues/<slug:slug>/fills/<int:pk>/", views.queue_fill, name="queue_fill"),
]
