"""Names that people cannot tell apart are one name: compared without case, and in one Unicode form."""

from django.db.models import CharField, Func


class Folded(Func):
    """`text` in lower case and in the form NFKC, as the database makes it, for unique indexes and for looking up."""

    template = "lower(normalize(%(expressions)s, NFKC))"
    arity = 1
    output_field = CharField()
