from django.apps import AppConfig


class CalibrationConfig(AppConfig):
    name = "curation.calibration"
    label = "calibration"
