from django.apps import AppConfig


class ResearchConfig(AppConfig):
    name = "curation.research"
    label = "research"
