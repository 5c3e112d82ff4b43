"""Addresses of imports of datasets with ratings."""

from django.urls import URLPattern, path

from curation.core.own_pages import from_our_own_pages
from curation.ratings_import.views import fetches, imports

urlpatterns: list[URLPattern] = [
    path("ratings/import/", imports.ratings_import_new, name="ratings_import_new"),
    path("ratings/import/map/<str:upload>/", imports.ratings_import_map, name="ratings_import_map"),
    path("ratings/import/servers/<int:pk>/", fetches.ratings_import_server, name="ratings_import_server"),
    path("ratings/fetches/<int:pk>/", fetches.dataset_fetch, name="dataset_fetch"),
    path("ratings/fetches/<int:pk>/cancel/", fetches.dataset_fetch_cancel, name="dataset_fetch_cancel"),
    path("ratings/imports/", imports.ratings_import_list, name="ratings_import_list"),
    path("ratings/imports/<int:pk>/", imports.ratings_import_detail, name="ratings_import"),
    path("ratings/imports/<int:pk>/resume/", imports.ratings_import_resume, name="ratings_import_resume"),
    path("ratings/imports/<int:pk>/not-kept.csv", imports.ratings_import_not_kept, name="ratings_import_not_kept"),
    path(
        "stories/<int:pk>/imported-reviews/", from_our_own_pages(imports.imported_reviews_of), name="imported_reviews"
    ),
]
