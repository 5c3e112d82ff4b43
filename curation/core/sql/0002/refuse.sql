-- For the triggers of tables that only grow, or whose rows are frozen.
CREATE OR REPLACE FUNCTION exempla_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
