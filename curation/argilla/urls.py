"""Addresses of the pages about Argilla."""

from django.urls import URLPattern, path

from curation.argilla.views import servers

urlpatterns: list[URLPattern] = [
    path("argilla/", servers.argilla_list, name="argilla_list"),
    path("argilla/new/", servers.argilla_new, name="argilla_new"),
    path("argilla/<int:pk>/", servers.argilla_server, name="argilla_server"),
    path("argilla/<int:pk>/try/", servers.argilla_try, name="argilla_try"),
    path("argilla/<int:pk>/move/", servers.argilla_move, name="argilla_move"),
]
