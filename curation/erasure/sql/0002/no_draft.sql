-- No draft is kept of a story that was purged.
CREATE OR REPLACE FUNCTION erasure_no_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM added JOIN public.annotations_assignment a ON a.id = added.assignment_id
    JOIN public.erasure_purge p ON p.story_id = a.story_id WHERE p.texts_at IS NOT NULL
  ) THEN
    RAISE EXCEPTION '% of a purged story refused', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
