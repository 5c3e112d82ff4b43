-- A score that costs money is made only within a run of its judge version, and one that is free in none.
CREATE OR REPLACE FUNCTION scoring_paid_only_in_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM added
    JOIN scoring_judgeversion version ON version.id = added.judge_version_id
    LEFT JOIN scoring_scorerun run ON run.id = added.run_id
    WHERE (version.provider_id IS NULL) <> (added.run_id IS NULL) OR run.judge_version_id <> version.id) THEN
    RAISE EXCEPTION 'score_job_paid_only_in_runs: a job is in no run of its judge version'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
