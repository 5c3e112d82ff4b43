from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "curation.pages"
    label = "pages"
