from django.apps import AppConfig


class TriageConfig(AppConfig):
    name = "curation.triage"
    label = "triage"
