"""Names that people cannot tell apart are one name: compared without case, and in one Unicode form."""

from django.db.models import CharField, Func


class Folded(Func):
    """`text` in lower case and in the form NFKC, as the database makes it, for unique indexes and for looking up."""

    template = "lower(normalize(%(expressions)s, NFKC))"
    arity = 1
    output_field = CharField()


def tell_apart(table: str, *, behind: str, size: int, among: str = "true") -> str:
    """Return SQL that puts what is its own behind the name of each later row whose name an earlier one has too.

    For a migration, before names have to differ. `behind` is a column that tells the rows apart, `size` how long names
    may be, `among` which two rows (`first`, `later`) may not have one name.
    """
    return (
        f"UPDATE {table} later SET name = left(name, {size} - 3 - length({behind}::text)) || ' (' || {behind} || ')' "  # noqa: S608  # nosec
        f"WHERE EXISTS (SELECT 1 FROM {table} first WHERE lower(normalize(first.name, NFKC)) = "
        f"lower(normalize(later.name, NFKC)) AND {among} AND first.id < later.id)"
    )
