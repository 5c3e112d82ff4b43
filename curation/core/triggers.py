"""Migration operations for rules that only a trigger can keep."""

from collections.abc import Collection, Mapping

from django.db import migrations

from curation.core.sql_files import function_text

REFUSE = function_text("core", "refuse") + function_text("core", "refuse_truncate")


def never_emptied(table: str) -> str:
    """Return the trigger that refuses TRUNCATE of `table`, as SQL."""
    return (
        f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION exempla_refuse_truncate();"
    )


def closed(table: str, foreign_key: str, parent: str, condition: str) -> tuple[str, str]:
    """Return the trigger that refuses INSERT into `table` while the parent row meets `condition`, and its undoing."""
    function = f"{table}_closed"
    return (
        f"""
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM {parent} WHERE id = NEW.{foreign_key} AND {condition}) THEN
    RAISE EXCEPTION '% is closed: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER closed BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();""",  # nosec
        f"DROP TRIGGER closed ON {table}; DROP FUNCTION {function}();",
    )


class Rule(migrations.RunSQL):
    """SQL that follows from `arguments` alone, by which a migration names it."""

    def __init__(self, *arguments: object, sql: str, reverse: str) -> None:
        self.arguments = list(arguments)
        super().__init__(sql=sql, reverse_sql=reverse)

    def deconstruct(self) -> tuple[str, list[object], dict[str, str]]:
        return (self.__class__.__name__, self.arguments, {})


class NeverEmptied(Rule):
    """Refuse TRUNCATE on `table`."""

    def __init__(self, table: str) -> None:
        super().__init__(table, sql=never_emptied(table), reverse=f"DROP TRIGGER never_emptied ON {table};")


class StampedByDatabase(Rule):
    """Let `column` of a new row of `table` be the database's own time, whatever the application says."""

    def __init__(self, table: str, column: str) -> None:
        function = f"{table}_stamped"
        super().__init__(
            table,
            column,
            sql=f"""
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.{column} := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER stamped BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();""",
            reverse=f"DROP TRIGGER stamped ON {table}; DROP FUNCTION {function}();",
        )


class ClosedAfter(Rule):
    """Refuse INSERT into `table` but in the transaction that stored its parent row, by the parent's `stamp`.

    The stamp is `StampedByDatabase`, so what a later transaction finds is older than its own beginning.
    """

    def __init__(self, table: str, foreign_key: str, parent: str, stamp: str) -> None:
        sql, reverse = closed(table, foreign_key, parent, f"{stamp} < transaction_timestamp()")
        super().__init__(table, foreign_key, parent, stamp, sql=sql, reverse=reverse)


# A row that is to be seen, and whose transaction still goes on, is of one's own transaction.
STORED_BEFORE = (
    "pg_xact_status((((pg_current_xact_id()::text::bigint >> 32) << 32) + xmin::text::bigint)::text::xid8) "
    "IS DISTINCT FROM 'in progress'"
)


class ClosedOnceStored(Rule):
    """Refuse INSERT into `table` but in the transaction that stores its parent row; in place of `ClosedAfter`.

    A stamp tells less: it is later than the beginning of a transaction that began before and waited for the row, and
    than that of any for as long as a clock was set back.
    """

    def __init__(self, table: str, foreign_key: str, parent: str, stamp: str) -> None:
        by_stamp, no_stamp = closed(table, foreign_key, parent, f"{stamp} < transaction_timestamp()")
        by_row, no_row = closed(table, foreign_key, parent, STORED_BEFORE)
        super().__init__(table, foreign_key, parent, stamp, sql=no_stamp + by_row, reverse=no_row + by_stamp)


class AppendOnly(Rule):
    """Refuse UPDATE, DELETE and TRUNCATE on `table`."""

    def __init__(self, table: str) -> None:
        super().__init__(
            table,
            sql=f"{REFUSE}\nCREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION exempla_refuse();\n{never_emptied(table)}",
            reverse=f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};",
        )


class DeletedOnly(Rule):
    """Refuse UPDATE on `table`, and DELETE of a row for which `condition` (SQL over OLD and other tables) fails.

    In place of `AppendOnly`, where rows that nothing rests on are dropped.
    """

    def __init__(self, table: str, condition: str) -> None:
        function = f"{table}_deleted_only"
        refuse = f"BEFORE UPDATE{{}} ON {table} FOR EACH ROW EXECUTE FUNCTION exempla_refuse();"
        super().__init__(
            table,
            condition,
            sql=f"""
{REFUSE}
DROP TRIGGER append_only ON {table};
CREATE TRIGGER never_changed {refuse.format("")}
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {condition} THEN RETURN OLD; END IF;
  RAISE EXCEPTION '% is in use: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER deleted_only BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();""",  # nosec
            reverse=f"DROP TRIGGER never_changed ON {table}; DROP TRIGGER deleted_only ON {table}; "
            f"DROP FUNCTION {function}(); CREATE TRIGGER append_only {refuse.format(' OR DELETE')}",
        )


class FrozenWhen(Rule):
    """Refuse UPDATE and DELETE of a row of `table` for which `condition` (SQL over OLD) holds, and TRUNCATE."""

    def __init__(self, table: str, condition: str) -> None:
        super().__init__(
            table,
            condition,
            sql=f"{REFUSE}\nCREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION exempla_refuse();\n{never_emptied(table)}",
            reverse=f"DROP TRIGGER frozen ON {table}; DROP TRIGGER never_emptied ON {table};",
        )


class FrozenBut(Rule):
    """Refuse DELETE on `table`, and UPDATE of anything but `columns`."""

    def __init__(self, table: str, columns: list[str]) -> None:
        free = "".join(f" - '{column}'" for column in columns)
        super().__init__(
            table,
            columns,
            sql=f"{REFUSE}\nCREATE TRIGGER frozen_update BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN ((to_jsonb(OLD){free}) IS DISTINCT FROM (to_jsonb(NEW){free})) EXECUTE FUNCTION exempla_refuse();\n"
            f"CREATE TRIGGER frozen_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION exempla_refuse();",
            reverse=f"DROP TRIGGER frozen_update ON {table}; DROP TRIGGER frozen_delete ON {table};",
        )


class ClosedWhen(Rule):
    """Refuse INSERT into `table` while its parent row meets `condition` (SQL over the parent's columns)."""

    def __init__(self, table: str, foreign_key: str, parent: str, condition: str) -> None:
        sql, reverse = closed(table, foreign_key, parent, condition)
        super().__init__(table, foreign_key, parent, condition, sql=sql, reverse=reverse)


class FrozenWith(Rule):
    """Refuse every change of rows of `table` whose parent row has `frozen_at` set."""

    def __init__(self, table: str, foreign_key: str, parent: str) -> None:
        function = f"{table}_frozen"
        super().__init__(
            table,
            foreign_key,
            parent,
            sql=f"""
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (TG_OP <> 'INSERT' AND EXISTS (SELECT 1 FROM {parent} WHERE id = OLD.{foreign_key} AND frozen_at IS NOT NULL))
  OR (TG_OP <> 'DELETE' AND EXISTS (SELECT 1 FROM {parent} WHERE id = NEW.{foreign_key} AND frozen_at IS NOT NULL)) THEN
    RAISE EXCEPTION '% is frozen: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();""",  # nosec
            reverse=f"DROP TRIGGER frozen ON {table}; DROP FUNCTION {function}();",
        )


class RefersTo(Rule):
    """Refuse new rows of `table` whose columns name rows that are not there; `named` maps a column to its table.

    In place of foreign keys, which look for each new row: this looks once for each row that a statement names. Only for
    columns that are never null and never change, and for tables of which no row is ever deleted.
    """

    def __init__(self, table: str, named: Mapping[str, str]) -> None:
        function = f"{table}_refers"
        # A query inside a query is asked for each row by the primary key, however large the other table has become.
        lacking = "\n  OR ".join(
            f"EXISTS (SELECT FROM (SELECT DISTINCT {column} AS id FROM added) AS named "
            f"WHERE (SELECT id FROM {other} AS there WHERE there.id = named.id) IS NULL)"  # nosec
            for column, other in named.items()
        )
        super().__init__(
            table,
            dict(named),
            sql=f"""
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {lacking} THEN
    RAISE EXCEPTION '% names what is not there: % refused', TG_TABLE_NAME, TG_OP
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER refers AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION {function}();""",  # nosec
            reverse=f"DROP TRIGGER refers ON {table}; DROP FUNCTION {function}();",
        )


LEASED = function_text("core", "leased")


class LeasedRows(Rule):
    """Let a row of `table` be changed only by who holds it, while it is held: see `core.leases.Leased`."""

    def __init__(self, table: str) -> None:
        super().__init__(
            table,
            sql=f"{LEASED}\nCREATE TRIGGER leased BEFORE UPDATE ON {table} FOR EACH ROW "
            "WHEN (OLD.lease_until IS NOT NULL OR NEW.by_token IS NOT NULL OR NEW.token < OLD.token) "
            "EXECUTE FUNCTION exempla_leased();",
            reverse=f"DROP TRIGGER leased ON {table};",
        )


class Transitions(Rule):
    """Refuse every change of `table`.state but those of `transitions` (state -> states that may follow)."""

    def __init__(self, table: str, transitions: Mapping[str, Collection[str]]) -> None:
        ways = {str(old): sorted(map(str, transitions[old])) for old in sorted(transitions)}
        allowed = ", ".join(f"'{old} {new}'" for old, following in ways.items() for new in following)
        super().__init__(
            table,
            ways,
            sql=f"""
{function_text("core", "refuse_transition")}
CREATE OR REPLACE TRIGGER transitions BEFORE UPDATE OF state ON {table} FOR EACH ROW
WHEN (OLD.state <> NEW.state AND OLD.state || ' ' || NEW.state NOT IN ({allowed}))
EXECUTE FUNCTION exempla_refuse_transition();""",
            reverse=f"DROP TRIGGER IF EXISTS transitions ON {table};",
        )


class TokensFollow(Rule):
    """Have the tokens of leases go on after those that the rows of `table` have."""

    def __init__(self, table: str) -> None:
        super().__init__(
            table,
            # The table is named in a migration, never by a visitor.
            sql="SELECT setval('core_lease_token', greatest((SELECT last_value FROM core_lease_token), "  # nosec
            f"(SELECT max(token) + 1 FROM {table}), 1));",
            reverse=str(migrations.RunSQL.noop),
        )
