-- The account of somebody who was erased is nobody's any more, and gets no name again.
CREATE OR REPLACE FUNCTION erasure_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM public.erasure_personerasure WHERE user_id = OLD.id AND erased_at IS NOT NULL) THEN
    RAISE EXCEPTION 'account % was erased: % refused', OLD.id, TG_OP USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
