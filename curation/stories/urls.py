from django.urls import URLPattern, path

from curation.stories import views

urlpatterns: list[URLPattern] = [
    path("stories/import/", views.import_new, name="import_new"),
    path("stories/import/preview/<str:token>/", views.import_preview, name="import_preview"),
    path("stories/import/<int:pk>/resume/", views.import_resume, name="import_resume"),
    path("stories/import/<int:pk>/report.csv", views.import_report, name="import_report"),
    path("stories/imports/", views.import_list, name="import_list"),
]
