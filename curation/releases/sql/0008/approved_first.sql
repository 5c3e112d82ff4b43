-- A release that awaits approval is built only once somebody has approved it.
CREATE OR REPLACE FUNCTION releases_approved_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM releases_approval WHERE release_id = NEW.id AND state = 'approved') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'release % awaits approval', NEW.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
