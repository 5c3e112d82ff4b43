-- Only a commit is withdrawn, and none that a revision rests on.
CREATE OR REPLACE FUNCTION annotations_only_commits_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM annotations_review r WHERE r.id = NEW.review_id AND r.kind = 'commit')
  OR EXISTS (SELECT 1 FROM annotations_review r WHERE r.revises_id = NEW.review_id) THEN
    RAISE EXCEPTION 'withdrawal_of_an_unrevised_commit: % is none', NEW.review_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
