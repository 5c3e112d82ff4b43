"""Getting a gated dataset. No version is called as these are, so they come before the releases."""

from django.urls import path

from curation.access.views import asking, letting_in

DATASET = "datasets/<slug:org>/<slug:name>/"

urlpatterns = [
    path(DATASET + "access/", asking.access, name="dataset_access"),
    path(DATASET + "access/give-up/", asking.access_give_up, name="access_give_up"),
    path(DATASET + "terms/", letting_in.terms, name="dataset_terms"),
    path(DATASET + "terms/<int:pk>/", letting_in.decide, name="access_decide"),
]
