-- No release gets a file that was destroyed.
CREATE OR REPLACE FUNCTION erasure_not_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added JOIN public.erasure_purgedfile f ON f.blob_id = added.blob_id) THEN
    RAISE EXCEPTION 'a file that was destroyed is not released again' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
