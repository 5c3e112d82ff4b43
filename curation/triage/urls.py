"""Addresses of triage."""

from django.urls import URLPattern, path

from curation.triage import views

urlpatterns: list[URLPattern] = [
    path("queues/new/", views.queue_new, name="queue_new"),
    path("queues/new/preview/", views.queue_preview, name="queue_preview"),
    path("queues/<slug:slug>/add/", views.queue_add, name="queue_add"),
]
