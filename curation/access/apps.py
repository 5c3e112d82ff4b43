from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "curation.access"
    label = "access"
