-- One commit of an assignment stands at a time, and a revision belongs to the one that stands, or to an extra review that
-- was written elsewhere. Inserts that race meet the unique attempt.
CREATE OR REPLACE FUNCTION annotations_one_commit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'commit' AND EXISTS (
    SELECT 1 FROM annotations_review r WHERE r.assignment_id = NEW.assignment_id AND r.kind = 'commit'
      AND NOT EXISTS (SELECT 1 FROM annotations_withdrawal w WHERE w.review_id = r.id)) THEN
    RAISE EXCEPTION 'review_one_commit_stands: assignment % has one', NEW.assignment_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.revises_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM annotations_review r WHERE r.id = NEW.revises_id AND r.assignment_id = NEW.assignment_id
      AND (r.kind = 'commit' OR (r.kind = 'extra' AND r.origin <> 'here'))
      AND NOT EXISTS (SELECT 1 FROM annotations_withdrawal w WHERE w.review_id = r.id)) THEN
    RAISE EXCEPTION 'review_revises_a_standing_commit: % does not', NEW.revises_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
