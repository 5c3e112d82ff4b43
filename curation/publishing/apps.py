from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "curation.publishing"
    label = "publishing"
