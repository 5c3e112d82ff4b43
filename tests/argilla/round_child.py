"""A process that carries out a round of a link, on the database of the test that starts it, to be killed in the middle.

`python -m tests.argilla.round_child PART PAGE` sends so many records at a time and reads so many. It waits for a line
on its standard input first.
"""

import os
import sys


def main() -> None:
    """Carry out what is due."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "curation.settings"
    os.environ["ARGILLA_TO_PRIVATE_ADDRESSES"] = "1"
    import django

    django.setup()
    from curation.argilla import client, pushing
    from curation.argilla.carrying import carry_out_due

    part, page = map(int, sys.argv[1:])
    pushing.A_PART = part
    client.Argilla.page.__kwdefaults__["limit"] = page
    sys.stdin.readline()
    carry_out_due()


if __name__ == "__main__":
    sys.exit(main())
