from django.urls import URLPattern, path

from curation.standards import views

urlpatterns: list[URLPattern] = [
    path("standards/", views.standards, name="standards"),
    path("standards/import/", views.standards_import, name="standards_import"),
    path("standards/<slug:kind>-<int:pk>.yaml", views.standards_file, name="standards_file"),
]
