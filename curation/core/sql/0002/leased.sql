-- A leased row is changed only by who holds it, while it is held: see `curation.core.leases`.
CREATE OR REPLACE FUNCTION exempla_leased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  why text := '';
BEGIN
  IF NEW.token < OLD.token THEN
    why := 'an old token';
  ELSIF NEW.by_token IS NOT NULL THEN
    IF OLD.lease_until IS NULL OR NEW.by_token <> OLD.token THEN why := 'not held by this token'; END IF;
  ELSIF OLD.lease_until >= clock_timestamp() THEN
    why := 'held by somebody';
  -- What has run out may be taken anew, or back, and not be changed as if it were still held.
  ELSIF OLD.lease_until IS NOT NULL AND NEW.lease_until IS NOT NULL AND NEW.token = OLD.token THEN
    why := 'run out';
  END IF;
  IF why <> '' THEN
    RAISE EXCEPTION '%: %, % refused', TG_TABLE_NAME, why, TG_OP USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  NEW.by_token := NULL;
  RETURN NEW;
END $$;
