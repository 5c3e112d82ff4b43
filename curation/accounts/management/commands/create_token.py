"""`manage.py create_token USERNAME NAME --scope read ...`: a token for a program, made on the server itself."""

from argparse import ArgumentParser
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.accounts.models import Scope, User
from curation.accounts.tokens import LONGEST_DAYS, create_token
from curation.core.commands import ExemplaCommand
from curation.core.errors import NotFound


class Command(ExemplaCommand):
    """Make a token and print it, once."""

    help = "Make a token by which a program acts as a person, and print it; it cannot be shown again."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the command's options."""
        super().add_arguments(parser)
        parser.add_argument("username", help="whose token it is")
        parser.add_argument("name", help="what will use it")
        parser.add_argument("--scope", action="append", choices=Scope.values, help="may be given several times")
        parser.add_argument("--days", type=int, default=90, help=f"how long it lasts, 1 to {LONGEST_DAYS}")

    def run(self, options: dict[str, Any]) -> None:
        """Make it, and print the secret alone, for a script to take."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise NotFound(f"Nobody is called {options['username']}.")
        token, secret = create_token(
            actor=SYSTEM,
            user=user,
            name=options["name"],
            scopes=options["scope"] or [Scope.READ],
            days=options["days"],
        )
        if options["json"]:
            self.report(
                {"token": secret, "name": token.name, "scopes": token.scopes, "expiry": token.expiry.isoformat()}
            )
        else:
            self.say(secret)
