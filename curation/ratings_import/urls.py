"""Addresses of imports of datasets with ratings."""

from django.urls import URLPattern, path

from curation.core.own_pages import from_our_own_pages
from curation.ratings_import import views

urlpatterns: list[URLPattern] = [
    path("ratings/import/", views.ratings_import_new, name="ratings_import_new"),
    path("ratings/import/map/<str:upload>/", views.ratings_import_map, name="ratings_import_map"),
    path("ratings/imports/", views.ratings_import_list, name="ratings_import_list"),
    path("ratings/imports/<int:pk>/", views.ratings_import_detail, name="ratings_import"),
    path("ratings/imports/<int:pk>/resume/", views.ratings_import_resume, name="ratings_import_resume"),
    path("ratings/imports/<int:pk>/not-kept.csv", views.ratings_import_not_kept, name="ratings_import_not_kept"),
    path("stories/<int:pk>/imported-reviews/", from_our_own_pages(views.imported_reviews_of), name="imported_reviews"),
]
