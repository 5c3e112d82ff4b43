#!/usr/bin/env python
"""Runs a management command, with the embedded services up if none are configured."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from curation.core.embedded import EmbeddedServiceError
    from curation.core.services import start_for_command

    try:
        start_for_command(sys.argv)
        execute_from_command_line(sys.argv)
    except (EmbeddedServiceError, ImproperlyConfigured) as error:
        sys.exit(f"exempla: {error}")


if __name__ == "__main__":
    main()
