"""The month that a call counts in: the calendar month of the database's clock, in UTC."""

from datetime import date

from django.db import connection


def this_month() -> date:
    """Return the first day of the month."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::date")
        (month,) = cursor.fetchone()
    return month  # type: ignore[no-any-return]
