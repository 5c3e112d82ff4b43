"""Forgets who somebody was."""

from argparse import ArgumentParser
from typing import Any

from curation.accounts.actors import SYSTEM
from curation.accounts.models import User
from curation.accounts.people import named_person
from curation.core.commands import ExemplaCommand
from curation.core.errors import InvalidInput, NotFound
from curation.erasure.actions import erase_person


class Command(ExemplaCommand):
    """Their ratings stay, under pseudonyms that nobody can trace any more."""

    help = "Forget a person: names, address, sessions, tokens and the secrets behind their pseudonyms. For good."
    reports = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the person, and what goes."""
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="by which they sign in")
        parser.add_argument("--with-comments", action="store_true", help="destroy what they wrote themselves, too")
        parser.add_argument("--yes", action="store_true", help="that it is meant: nothing brings the person back")
        parser.add_argument("--as", dest="person", metavar="NAME", help="who does it; otherwise the application does")

    def run(self, options: dict[str, Any]) -> None:
        """Erase, and say what stays."""
        actor = named_person(options["person"]) if options["person"] else SYSTEM
        if not options["yes"]:
            raise InvalidInput("Nothing brings an erased person back. Add --yes if it is meant.")
        try:
            user = User.objects.get_by_natural_key(options["name"])
        except User.DoesNotExist as error:
            raise NotFound(f"There is nobody with the name {options['name'][:150]}.") from error
        made = erase_person(
            actor=actor, user=user, with_comments=options["with_comments"], confirmed_name=user.username
        )
        if options["json"]:
            self.report({"person": made.user_id, "with_comments": made.with_comments})
            return
        self.say(f"Person {made.user_id} is erased. Their ratings stay, under their pseudonyms.")
