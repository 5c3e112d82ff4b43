-- A job of a run is taken only while the run is running: a run that is paused, cancelled or not started asks no model.
CREATE OR REPLACE FUNCTION scoring_leased_only_while_running() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM scoring_scorerun run WHERE run.id = NEW.run_id AND run.state = 'running') THEN
    RAISE EXCEPTION 'score_job_leased_only_while_running: run % is not running', NEW.run_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
