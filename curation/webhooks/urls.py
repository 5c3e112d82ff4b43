"""Addresses of the pages of webhooks."""

from django.urls import URLPattern, path

from curation.webhooks import views

urlpatterns: list[URLPattern] = [
    path("webhooks/", views.webhook_list, name="webhook_list"),
    path("webhooks/new/", views.webhook_new, name="webhook_new"),
    path("webhooks/dead/", views.webhook_dead, name="webhook_dead"),
    path("webhooks/dead/replay/", views.webhook_dead_replay, name="webhook_dead_replay"),
    path("webhooks/deliveries/<int:pk>/replay/", views.webhook_replay, name="webhook_replay"),
    path("webhooks/<int:pk>/", views.webhook, name="webhook"),
    path("webhooks/<int:pk>/deliveries/", views.webhook_deliveries, name="webhook_deliveries"),
    path("webhooks/<int:pk>/test/", views.webhook_test, name="webhook_test"),
    path("webhooks/<int:pk>/secret/", views.webhook_secret, name="webhook_secret"),
    path("webhooks/<int:pk>/move/", views.webhook_move, name="webhook_move"),
]
