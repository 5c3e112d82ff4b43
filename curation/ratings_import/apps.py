from django.apps import AppConfig


class RatingsImportConfig(AppConfig):
    name = "curation.ratings_import"
    label = "ratings_import"
