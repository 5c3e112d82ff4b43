from django.apps import AppConfig


class StoriesConfig(AppConfig):
    name = "curation.stories"
    label = "stories"
