"""`any_of`: like `in`, for many whole numbers, such as ids."""

from typing import Any

from django.db.models import Field, ForeignObject
from django.db.models.lookups import In


@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(In):
    """Whether a column is one of a list. All of it is one parameter: as so many, each is looked at several times.

    PostgreSQL plans both alike. The list holds numbers, no rows.
    """

    lookup_name = "any_of"

    def get_prep_lookup(self) -> Any:
        """Return the list as it is."""
        return self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the condition and its parameters."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*parameters, list(self.rhs)]
