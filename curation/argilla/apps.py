from django.apps import AppConfig


class ArgillaConfig(AppConfig):
    name = "curation.argilla"
    label = "argilla"
