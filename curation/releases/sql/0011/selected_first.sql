-- The rows of a release are frozen by a selection that is stored.
CREATE OR REPLACE FUNCTION releases_selected_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM releases_selection WHERE release_id = NEW.id) THEN
    RAISE EXCEPTION 'release % has no selection', NEW.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
