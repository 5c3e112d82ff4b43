-- For the triggers that know which states may follow which.
CREATE OR REPLACE FUNCTION exempla_refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: no way from % to %', TG_TABLE_NAME, OLD.state, NEW.state
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
