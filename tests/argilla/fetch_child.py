"""A process that fetches what is due, on the database of the test that starts it, to be killed in the middle.

`python -m tests.argilla.fetch_child PAGE` reads so many records at a time. It waits for a line on its standard input
first.
"""

import os
import sys


def main() -> None:
    """Fetch what is due."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "curation.settings"
    os.environ["ARGILLA_TO_PRIVATE_ADDRESSES"] = "1"
    import django

    django.setup()
    from curation.argilla import client
    from curation.ratings_import.actions.fetches import fetch_due

    client.Argilla.page.__kwdefaults__["limit"] = int(sys.argv[1])
    sys.stdin.readline()
    fetch_due()


if __name__ == "__main__":
    sys.exit(main())
