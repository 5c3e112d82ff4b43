"""Addresses of the API."""

from django.urls import URLPattern, URLResolver, include, path

from curation.api.views import docs, me, tokens

v1: list[URLPattern | URLResolver] = [
    path("me", me.Me.as_view(), name="me"),
    path("tokens", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<int:pk>", tokens.OneToken.as_view(), name="token"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((v1, "api"))),
    path("api/schema/", docs.schema, name="api_schema"),
    path("api/docs/", docs.docs, name="api_docs"),
]
