from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "curation.audit"
    label = "audit"
