"""Migration operations for rules that only a trigger can keep."""

from collections.abc import Collection, Mapping

from django.db import migrations

REFUSE = """
CREATE OR REPLACE FUNCTION exempla_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE FUNCTION exempla_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: TRUNCATE refused', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


def never_emptied(table: str) -> str:
    """Return the trigger that refuses TRUNCATE of `table`, as SQL."""
    return (
        f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION exempla_refuse_truncate();"
    )


class NeverEmptied(migrations.RunSQL):
    """Refuse TRUNCATE on `table`."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(sql=never_emptied(table), reverse_sql=f"DROP TRIGGER never_emptied ON {table};")

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, [self.table], {})


class StampedByDatabase(migrations.RunSQL):
    """Let `column` of a new row of `table` be the database's own time, whatever the application says."""

    def __init__(self, table: str, column: str) -> None:
        self.arguments = [table, column]
        function = f"{table}_stamped"
        super().__init__(
            sql=f"""
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.{column} := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER stamped BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();""",
            reverse_sql=f"DROP TRIGGER stamped ON {table}; DROP FUNCTION {function}();",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, self.arguments, {})


class ClosedAfter(migrations.RunSQL):
    """Refuse INSERT into `table` but in the transaction that stored its parent row, by the parent's `stamp`.

    The stamp is `StampedByDatabase`, so what a later transaction finds is older than its own beginning.
    """

    def __init__(self, table: str, foreign_key: str, parent: str, stamp: str) -> None:
        self.arguments = [table, foreign_key, parent, stamp]
        function = f"{table}_closed"
        super().__init__(
            sql=f"""
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM {parent} WHERE id = NEW.{foreign_key} AND {stamp} < transaction_timestamp()) THEN
    RAISE EXCEPTION '% is closed: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER closed BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();""",  # nosec
            reverse_sql=f"DROP TRIGGER closed ON {table}; DROP FUNCTION {function}();",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, self.arguments, {})


class AppendOnly(migrations.RunSQL):
    """Refuse UPDATE, DELETE and TRUNCATE on `table`."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            sql=f"{REFUSE}\nCREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION exempla_refuse();\n{never_emptied(table)}",
            reverse_sql=f"DROP TRIGGER append_only ON {table}; DROP TRIGGER never_emptied ON {table};",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, [self.table], {})


class FrozenWhen(migrations.RunSQL):
    """Refuse UPDATE and DELETE of a row of `table` for which `condition` (SQL over OLD) holds, and TRUNCATE."""

    def __init__(self, table: str, condition: str) -> None:
        self.table, self.condition = table, condition
        super().__init__(
            sql=f"{REFUSE}\nCREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION exempla_refuse();\n{never_emptied(table)}",
            reverse_sql=f"DROP TRIGGER frozen ON {table}; DROP TRIGGER never_emptied ON {table};",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, [self.table, self.condition], {})


class FrozenBut(migrations.RunSQL):
    """Refuse DELETE on `table`, and UPDATE of anything but `columns`."""

    def __init__(self, table: str, columns: list[str]) -> None:
        self.table, self.columns = table, columns
        free = "".join(f" - '{column}'" for column in columns)
        super().__init__(
            sql=f"{REFUSE}\nCREATE TRIGGER frozen_update BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN ((to_jsonb(OLD){free}) IS DISTINCT FROM (to_jsonb(NEW){free})) EXECUTE FUNCTION exempla_refuse();\n"
            f"CREATE TRIGGER frozen_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION exempla_refuse();",
            reverse_sql=f"DROP TRIGGER frozen_update ON {table}; DROP TRIGGER frozen_delete ON {table};",
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, str]]:
        return (self.__class__.__name__, [self.table, self.columns], {})


class ClosedWhen(migrations.RunSQL):
    """Refuse INSERT into `table` while its parent row meets `condition` (SQL over the parent's columns)."""

    def __init__(self, table: str, foreign_key: str, parent: str, condition: str) -> None:
        self.arguments = [table, foreign_key, parent, condition]
        function = f"{table}_closed"
        super().__init__(
            sql=f"""
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM {parent} WHERE id = NEW.{foreign_key} AND {condition}) THEN
    RAISE EXCEPTION '% is closed: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER closed BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();""",  # nosec
            reverse_sql=f"DROP TRIGGER closed ON {table}; DROP FUNCTION {function}();",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, self.arguments, {})


class FrozenWith(migrations.RunSQL):
    """Refuse every change of rows of `table` whose parent row has `frozen_at` set."""

    def __init__(self, table: str, foreign_key: str, parent: str) -> None:
        self.arguments = [table, foreign_key, parent]
        function = f"{table}_frozen"
        super().__init__(
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
            reverse_sql=f"DROP TRIGGER frozen ON {table}; DROP FUNCTION {function}();",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, self.arguments, {})


LEASED = """
CREATE OR REPLACE FUNCTION exempla_leased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  why text := '';
BEGIN
  IF NEW.token < OLD.token THEN
    why := 'an old token';
  ELSIF NEW.by_token IS NOT NULL THEN
    IF OLD.lease_until IS NULL OR NEW.by_token <> OLD.token THEN why := 'not held by this token'; END IF;
  ELSIF OLD.lease_until >= clock_timestamp() THEN
    why := 'held by somebody';
  -- What has run out may be taken anew, or back, and not be changed as if it were still held.
  ELSIF OLD.lease_until IS NOT NULL AND NEW.lease_until IS NOT NULL AND NEW.token = OLD.token THEN
    why := 'run out';
  END IF;
  IF why <> '' THEN
    RAISE EXCEPTION '%: %, % refused', TG_TABLE_NAME, why, TG_OP USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  NEW.by_token := NULL;
  RETURN NEW;
END $$;
"""


class LeasedRows(migrations.RunSQL):
    """Let a row of `table` be changed only by who holds it, while it is held: see `core.leases.Leased`."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            sql=f"{LEASED}\nCREATE TRIGGER leased BEFORE UPDATE ON {table} FOR EACH ROW "
            "WHEN (OLD.lease_until IS NOT NULL OR NEW.by_token IS NOT NULL OR NEW.token < OLD.token) "
            "EXECUTE FUNCTION exempla_leased();",
            reverse_sql=f"DROP TRIGGER leased ON {table};",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, [self.table], {})


class Transitions(migrations.RunSQL):
    """Refuse every change of `table`.state but those of `transitions` (state -> states that may follow)."""

    def __init__(self, table: str, transitions: Mapping[str, Collection[str]]) -> None:
        self.table = table
        self.transitions = {str(old): sorted(map(str, transitions[old])) for old in sorted(transitions)}
        allowed = ", ".join(f"'{old} {new}'" for old, following in self.transitions.items() for new in following)
        super().__init__(
            sql=f"""
CREATE OR REPLACE FUNCTION exempla_refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: no way from % to %', TG_TABLE_NAME, OLD.state, NEW.state
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE TRIGGER transitions BEFORE UPDATE OF state ON {table} FOR EACH ROW
WHEN (OLD.state <> NEW.state AND OLD.state || ' ' || NEW.state NOT IN ({allowed}))
EXECUTE FUNCTION exempla_refuse_transition();""",
            reverse_sql=f"DROP TRIGGER IF EXISTS transitions ON {table};",
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, str]]:
        return (self.__class__.__name__, [self.table, self.transitions], {})


class TokensFollow(migrations.RunSQL):
    """Have the tokens of leases go on after those that the rows of `table` have."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            sql="SELECT setval('core_lease_token', greatest((SELECT last_value FROM core_lease_token), "
            f"(SELECT max(token) + 1 FROM {table}), 1));",
            reverse_sql=migrations.RunSQL.noop,
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, [self.table], {})
