-- For the triggers of tables that only grow, or whose rows are frozen. Where words have to be destroyed, they may be taken
-- out of rows that `core_opening` names in this very transaction. Only functions of the owner of the tables write there.
CREATE OR REPLACE FUNCTION exempla_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND EXISTS (
    SELECT FROM public.core_opening
    WHERE xact = pg_catalog.pg_current_xact_id() AND relation = TG_RELID
      AND row_key = coalesce(to_jsonb(OLD) ->> 'id', to_jsonb(OLD) ->> 'review_id')
  ) AND NOT EXISTS (
    SELECT FROM jsonb_each(to_jsonb(NEW)) AS new_one JOIN jsonb_each(to_jsonb(OLD)) AS old_one USING (key)
    WHERE new_one.value <> old_one.value
      AND new_one.value NOT IN ('""', '"\\x"', '"[purged]"', '{}', '[]')
      AND NOT (jsonb_typeof(new_one.value) IN ('object', 'array') AND old_one.value @> new_one.value)
  ) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
