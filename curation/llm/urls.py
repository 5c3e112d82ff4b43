"""Addresses of the providers of models."""

from django.urls import URLPattern, path

from curation.llm import views

urlpatterns: list[URLPattern] = [
    path("models/", views.provider_list, name="provider_list"),
    path("models/new/", views.provider_new, name="provider_new"),
    path("models/spending/", views.spending, name="spending"),
    path("models/<int:pk>/", views.provider, name="provider"),
    path("models/<int:pk>/test/", views.provider_test, name="provider_test"),
    path("models/<int:pk>/price/", views.provider_price, name="provider_price"),
    path("models/<int:pk>/remove/", views.provider_remove, name="provider_remove"),
]
