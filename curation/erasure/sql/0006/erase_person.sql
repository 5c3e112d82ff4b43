-- Forgets who somebody was; returns in how many rows that never change. Like `erasure_purge_story`, it opens those rows
-- for its own transaction. The secrets behind their pseudonyms go, the pseudonyms and the ratings stay.
CREATE OR REPLACE FUNCTION erasure_erase_person(erasure bigint) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  asked public.erasure_personerasure%ROWTYPE;
  opened integer;
BEGIN
  SELECT e.* INTO asked FROM public.erasure_personerasure e JOIN public.accounts_user u ON u.id = e.user_id
  WHERE e.id = erasure AND e.erased_at IS NULL AND NOT u.is_active FOR UPDATE OF e, u;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'erasure % is not under way', erasure USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  INSERT INTO public.core_opening (xact, relation, row_key)
  SELECT pg_current_xact_id(), named.relation, named.id::text FROM (
    SELECT 'public.releases_pseudonym'::regclass::oid AS relation, id FROM public.releases_pseudonym
      WHERE user_id = asked.user_id
    UNION ALL SELECT 'public.annotations_review'::regclass, id FROM public.annotations_review
      WHERE asked.with_comments AND reviewer_id = asked.user_id
    UNION ALL SELECT 'public.annotations_withdrawal'::regclass, w.review_id FROM public.annotations_withdrawal w
      JOIN public.annotations_review r ON r.id = w.review_id WHERE asked.with_comments AND r.reviewer_id = asked.user_id
    UNION ALL SELECT 'public.annotations_decision'::regclass, id FROM public.annotations_decision
      WHERE asked.with_comments AND decided_by_id = asked.user_id
    UNION ALL SELECT 'public.access_grant'::regclass, id FROM public.access_grant
      WHERE asked.with_comments AND person_id = asked.user_id
    UNION ALL SELECT 'public.audit_entry'::regclass, e.id FROM public.audit_entry e
      WHERE (asked.with_comments AND e.actor_id = asked.user_id AND e.data ? 'reason')
        OR (e.verb IN ('token.created', 'token.revoked') AND e.data ? 'name' AND e.target_id IN (
          SELECT id::text FROM public.accounts_token WHERE user_id = asked.user_id))
        OR (e.verb IN ('person.invited', 'invitation.withdrawn') AND e.data ? 'note' AND e.target_id IN (
          SELECT id::text FROM public.accounts_invitation WHERE used_by_id = asked.user_id))
  ) AS named;
  GET DIAGNOSTICS opened = ROW_COUNT;

  UPDATE public.releases_pseudonym SET secret = '' WHERE user_id = asked.user_id;
  IF asked.with_comments THEN
    UPDATE public.annotations_withdrawal SET reason = ''
    WHERE review_id IN (SELECT id FROM public.annotations_review WHERE reviewer_id = asked.user_id);
    UPDATE public.annotations_review SET comment = '', reason = CASE WHEN reason = '' THEN '' ELSE '[purged]' END
    WHERE reviewer_id = asked.user_id;
    UPDATE public.annotations_decision SET note = '' WHERE decided_by_id = asked.user_id;
    UPDATE public.access_grant SET purpose = '' WHERE person_id = asked.user_id AND purpose <> '';
    UPDATE public.research_rowreport SET text = '[purged]' WHERE reporter_id = asked.user_id;
    UPDATE public.research_trainingoutcome SET notes = '' WHERE sent_by_id = asked.user_id AND notes <> '';
    UPDATE public.annotations_assignment SET pass_reason = '' WHERE reviewer_id = asked.user_id AND pass_reason <> '';
    UPDATE public.argilla_answer SET values = '{}', reason = '',
      state = CASE WHEN state = 'waiting' THEN 'kept' ELSE state END
    WHERE account_id IN (SELECT id FROM public.argilla_argillaperson WHERE person_id = asked.user_id);
  END IF;
  UPDATE public.audit_entry SET data = CASE
      WHEN verb IN ('token.created', 'token.revoked') THEN data - 'name'
      WHEN verb IN ('person.invited', 'invitation.withdrawn') THEN data - 'note'
      ELSE data - 'reason' END
  WHERE id IN (
    SELECT row_key::bigint FROM public.core_opening
    WHERE xact = pg_current_xact_id() AND relation = 'public.audit_entry'::regclass);
  DELETE FROM public.core_opening WHERE xact = pg_current_xact_id();

  DELETE FROM public.annotations_draft
  WHERE assignment_id IN (SELECT id FROM public.annotations_assignment WHERE reviewer_id = asked.user_id);
  UPDATE public.argilla_argillaperson SET username = '', name = '' WHERE person_id = asked.user_id;
  -- What they are called in another tool.
  UPDATE public.ratings_import_notkept n SET who = '' FROM public.ratings_import_respondent r
  WHERE r.user_id = asked.user_id AND n.who = r.key AND n.what = 'response' AND (r.dataset = '' OR EXISTS (
    SELECT FROM public.ratings_import_ratingsimport i WHERE i.id = n.ratings_import_id AND i.name = r.dataset));
  DELETE FROM public.ratings_import_respondent WHERE user_id = asked.user_id;
  DELETE FROM public.annotations_bookmark WHERE reviewer_id = asked.user_id;
  DELETE FROM public.annotations_membership WHERE user_id = asked.user_id;
  DELETE FROM public.releases_datasetlimit WHERE user_id = asked.user_id;
  DELETE FROM public.accounts_token WHERE user_id = asked.user_id;
  DELETE FROM public.api_answeredcall WHERE user_id = asked.user_id;
  UPDATE public.accounts_invitation SET note = '' WHERE used_by_id = asked.user_id;
  UPDATE public.django_admin_log SET object_repr = '', change_message = '' WHERE object_id = asked.user_id::text
    AND content_type_id IN (
      SELECT id FROM public.django_content_type WHERE app_label = 'accounts' AND model = 'user');
  -- Whoever trained is named in words: in what they sent, and where it is their very name in what others did.
  UPDATE public.research_trainingoutcome SET who = '[erased]'
  WHERE sent_by_id = asked.user_id OR lower(btrim(who)) IN (
    SELECT lower(btrim(named)) FROM public.accounts_user u
      CROSS JOIN LATERAL unnest(ARRAY[u.username, u.display_name, u.email, u.first_name || ' ' || u.last_name]) AS named
    WHERE u.id = asked.user_id AND btrim(named) <> '');
  UPDATE public.accounts_user SET username = 'erased-' || gen_random_uuid(), display_name = '', first_name = '', last_name = '',
    email = '', password = '!', preferences = '{}', last_login = NULL, is_staff = FALSE, is_superuser = FALSE,
    role = 'annotator', sessions_ended = sessions_ended + 1
  WHERE id = asked.user_id;
  UPDATE public.erasure_personerasure SET erased_at = clock_timestamp() WHERE id = erasure;
  INSERT INTO public.audit_entry (at, actor_id, verb, target_type, target_id, data)
  VALUES (now(), asked.asked_by_id, 'user.erased', 'accounts.user', asked.user_id::text,
    jsonb_build_object('comments', asked.with_comments));
  RETURN opened;
END $$;
