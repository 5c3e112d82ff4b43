"""Addresses of the pages about Argilla."""

from django.urls import URLPattern, path

from curation.argilla.views import events, links, people, servers

urlpatterns: list[URLPattern] = [
    path("argilla/", servers.argilla_list, name="argilla_list"),
    path("argilla/events/<uuid:uuid>/", events.argilla_event, name="argilla_event"),
    path("argilla/new/", servers.argilla_new, name="argilla_new"),
    path("argilla/links/", links.argilla_links, name="argilla_links"),
    path("argilla/links/new/", links.argilla_link_new, name="argilla_link_new"),
    path("argilla/links/<int:pk>/", links.argilla_link, name="argilla_link"),
    path("argilla/links/<int:pk>/move/", links.argilla_link_move, name="argilla_link_move"),
    path("argilla/links/<int:pk>/people/", people.argilla_people, name="argilla_people"),
    path("argilla/accounts/<int:pk>/", people.argilla_account, name="argilla_account"),
    path("argilla/<int:pk>/", servers.argilla_server, name="argilla_server"),
    path("argilla/<int:pk>/try/", servers.argilla_try, name="argilla_try"),
    path("argilla/<int:pk>/move/", servers.argilla_move, name="argilla_move"),
]
