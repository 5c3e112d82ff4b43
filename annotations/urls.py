"""Addresses of the human side."""

from django.urls import URLPattern, path

from annotations.views import adjudication, queues

urlpatterns: list[URLPattern] = [
    path("queues/", queues.queue_list, name="queue_list"),
    path("queues/<slug:slug>/", queues.queue_detail, name="queue_detail"),
    path("queues/<slug:slug>/state/", queues.queue_state, name="queue_state"),
    path("queues/<slug:slug>/members/add/", queues.member_add, name="member_add"),
    path("queues/<slug:slug>/members/remove/", queues.member_remove, name="member_remove"),
    path("adjudication/", adjudication.adjudication_list, name="adjudication_list"),
    path("adjudication/<int:story_id>/", adjudication.adjudication, name="adjudicate"),
]
