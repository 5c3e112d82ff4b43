from django.apps import AppConfig


class StandardsConfig(AppConfig):
    name = "curation.standards"
    label = "standards"
