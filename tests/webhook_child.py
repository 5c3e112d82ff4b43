"""A process that sends what is due, on the database of the test that starts it, to be killed in the middle."""

import os
import sys


def main() -> None:
    """Send once."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "curation.settings"
    os.environ["WEBHOOKS_TO_PRIVATE_ADDRESSES"] = "1"
    import django

    django.setup()
    from curation.webhooks.delivering import deliver

    deliver()


if __name__ == "__main__":
    sys.exit(main())
