from django.apps import AppConfig


class ErasureConfig(AppConfig):
    name = "curation.erasure"
    label = "erasure"
