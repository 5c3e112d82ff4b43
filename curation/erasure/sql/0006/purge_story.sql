-- Destroys the words of one story, wherever they are kept, for a purge that is under way; returns in how many rows. It is
-- the owner's, and the only way for the application to change rows that never change: it names them in `core_opening`,
-- takes their words out and closes the opening, in one transaction. Once more changes nothing.
CREATE OR REPLACE FUNCTION erasure_purge_story(purge bigint) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  asked public.erasure_purge%ROWTYPE;
  told public.stories_story%ROWTYPE;
  beginning text;
  answer text;
  opened integer;
BEGIN
  SELECT p.* INTO asked FROM public.erasure_purge p JOIN public.stories_stage s ON s.story_id = p.story_id
  WHERE p.id = purge AND p.state = 'running' AND p.lease_until >= clock_timestamp() AND s.state = 'purged' FOR UPDATE OF p;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'purge % is not under way', purge USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  SELECT * INTO told FROM public.stories_story WHERE id = asked.story_id;
  -- As an import shows a row that it could not store, and as JSON writes the first words.
  beginning := left(btrim(regexp_replace(left(told.text, 400), '\s+', ' ', 'g')), 200);
  answer := btrim(to_jsonb(left(told.text, 120))::text, '"');

  INSERT INTO public.core_opening (xact, relation, row_key)
  SELECT pg_current_xact_id(), named.relation, named.id::text FROM (
    SELECT 'public.stories_story'::regclass::oid AS relation, told.id
    UNION ALL SELECT 'public.stories_check'::regclass, id FROM public.stories_check WHERE story_id = told.id
    UNION ALL SELECT 'public.annotations_review'::regclass, id FROM public.annotations_review WHERE story_id = told.id
    UNION ALL SELECT 'public.annotations_decision'::regclass, id FROM public.annotations_decision WHERE story_id = told.id
    UNION ALL SELECT 'public.annotations_span'::regclass, s.id FROM public.annotations_span s
      JOIN public.annotations_review r ON r.id = s.review_id WHERE r.story_id = told.id
    UNION ALL SELECT 'public.annotations_withdrawal'::regclass, w.review_id FROM public.annotations_withdrawal w
      JOIN public.annotations_review r ON r.id = w.review_id WHERE r.story_id = told.id
    UNION ALL SELECT 'public.scoring_score'::regclass, id FROM public.scoring_score WHERE story_id = told.id
    UNION ALL SELECT 'public.scoring_judgeanswer'::regclass, id FROM public.scoring_judgeanswer WHERE story_id = told.id
    UNION ALL SELECT 'public.scoring_answerreading'::regclass, g.id FROM public.scoring_answerreading g
      JOIN public.scoring_judgeanswer a ON a.id = g.answer_id WHERE a.story_id = told.id
    UNION ALL SELECT 'public.audit_entry'::regclass, e.id FROM public.audit_entry e
      WHERE e.data ? 'reason' AND (e.target_type, e.target_id) IN (
        SELECT 'stories.story', told.id::text
        UNION ALL SELECT 'annotations.review', id::text FROM public.annotations_review WHERE story_id = told.id
        UNION ALL SELECT 'annotations.assignment', id::text FROM public.annotations_assignment WHERE story_id = told.id)
  ) AS named;
  GET DIAGNOSTICS opened = ROW_COUNT;

  UPDATE public.stories_check SET reason = '', quote = '' WHERE story_id = told.id;
  UPDATE public.annotations_span SET quote = '', prefix = '', suffix = ''
  WHERE review_id IN (SELECT id FROM public.annotations_review WHERE story_id = told.id);
  UPDATE public.annotations_withdrawal SET reason = ''
  WHERE review_id IN (SELECT id FROM public.annotations_review WHERE story_id = told.id);
  -- A revision has a reason, and a reading that failed.
  UPDATE public.annotations_review SET comment = '', reason = CASE WHEN reason = '' THEN '' ELSE '[purged]' END
  WHERE story_id = told.id;
  UPDATE public.annotations_decision SET note = '', reasons = coalesce(
    (SELECT jsonb_agg(one) FROM jsonb_array_elements(reasons) AS one WHERE one ->> 'rule' <> 'found'), '[]')
  WHERE story_id = told.id;
  UPDATE public.scoring_score SET rationale = '', quotes = '[]' WHERE story_id = told.id;
  UPDATE public.scoring_answerreading SET found = '{}', reason = CASE WHEN reason = '' THEN '' ELSE '[purged]' END
  WHERE answer_id IN (SELECT id FROM public.scoring_judgeanswer WHERE story_id = told.id);
  UPDATE public.scoring_judgeanswer SET raw = '' WHERE story_id = told.id;
  UPDATE public.audit_entry SET data = data - 'reason' WHERE id IN (
    SELECT row_key::bigint FROM public.core_opening
    WHERE xact = pg_current_xact_id() AND relation = 'public.audit_entry'::regclass);
  UPDATE public.stories_story SET title = '', text = '', genre = '', setting = '', pov = '', tone = '', protagonist = '',
    prompt = '', original_id = '', original = '{}'
  WHERE id = told.id;
  DELETE FROM public.core_opening WHERE xact = pg_current_xact_id();

  DELETE FROM public.annotations_draft
  WHERE assignment_id IN (SELECT id FROM public.annotations_assignment WHERE story_id = told.id);
  UPDATE public.annotations_assignment SET pass_reason = '' WHERE story_id = told.id AND pass_reason <> '';
  UPDATE public.argilla_answer SET values = '{}', reason = '',
    state = CASE WHEN state = 'waiting' THEN 'kept' ELSE state END
  WHERE record_id IN (
    SELECT r.id FROM public.argilla_record r JOIN public.annotations_item i ON i.id = r.item_id WHERE i.story_id = told.id);
  UPDATE public.stories_rewriterequest SET reason = '' WHERE story_id = told.id AND reason <> '';
  -- A report says something, and an answer too.
  UPDATE public.research_rowreport r SET text = '[purged]',
    answer = CASE WHEN r.answer = '' THEN '' ELSE '[purged]' END
  WHERE r.story_id IN (
    'story-' || left(told.normal_sha256, 32), 'story-' || lpad(told.id::text, greatest(8, length(told.id::text)), '0'));
  UPDATE public.ratings_import_notkept n SET record = '' FROM public.ratings_import_ratingsimport i
  WHERE i.id = n.ratings_import_id AND n.record <> '' AND (i.run_id, n.row) IN (
    SELECT told.import_run_id, told."row"
    UNION ALL SELECT run_id, "row" FROM public.stories_importduplicate WHERE story_id = told.id);
  DELETE FROM public.stories_searchentry WHERE story_id = told.id;
  DELETE FROM public.stories_signatureband WHERE story_id = told.id;
  DELETE FROM public.stories_signature WHERE story_id = told.id;
  DELETE FROM public.stories_checklease WHERE story_id = told.id;
  DELETE FROM public.scoring_scorejob WHERE story_id = told.id AND state <> 'done';
  UPDATE public.scoring_scorejob SET last_error = '' WHERE story_id = told.id AND last_error <> '';
  UPDATE public.django_admin_log SET object_repr = '', change_message = '' WHERE object_id = told.id::text
    AND content_type_id IN (
      SELECT id FROM public.django_content_type WHERE app_label = 'stories' AND model = 'story');
  IF beginning <> '' THEN
    UPDATE public.stories_importissue SET excerpt = '' WHERE excerpt = beginning;
  END IF;
  UPDATE public.api_answeredcall SET body = NULL WHERE body IS NOT NULL AND (
    jsonb_path_exists(body, '$.**.story ? (@ == $id)', jsonb_build_object('id', told.id))
    OR jsonb_path_exists(body, '$.**.story.id ? (@ == $id)', jsonb_build_object('id', told.id))
    OR (answer <> '' AND position(answer IN body::text) > 0)
    OR (length(told.title) > 3 AND position(to_jsonb(told.title)::text IN body::text) > 0));

  IF asked.texts_at IS NULL THEN
    UPDATE public.erasure_purge SET texts_at = clock_timestamp(), by_token = token WHERE id = purge;
    INSERT INTO public.audit_entry (at, actor_id, verb, target_type, target_id, data)
    VALUES (now(), asked.asked_by_id, 'story.purged', 'stories.story', told.id::text,
      jsonb_build_object('purge', purge, 'kind', asked.kind, 'rows', opened, 'approved_by', asked.decided_by_id));
  END IF;
  RETURN opened;
END $$;
