-- TRUNCATE passes by every trigger of rows, so it has one of its own.
CREATE OR REPLACE FUNCTION exempla_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: TRUNCATE refused', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
