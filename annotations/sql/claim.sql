-- One call is one claim. `outcome`: held (an active assignment of theirs, lease renewed), claimed, none, not_member, or
-- the state of a queue that is not open.
-- - `p_ahead_of` is the assignment being read: the claim is then for the story after it. They hold one beside it at most,
--   because what they hold comes first, in the order in which it was claimed.
-- - The advisory lock lets one claim or recusal per person through at a time.
-- - `head` is the first item that can be theirs, whoever has it locked: all before it is full or done, so it is a safe
--   bookmark. A bookmark can be too far on when a seat came free while it was written, so nothing left means: looked
--   from the top.
-- - `pick` is the first such item that nobody is claiming this moment. When there is none, wait for the head: it may
--   still have a seat.
-- - The seat's number is read by a statement of its own, after the item is locked: within the locking statement it would
--   be read from a snapshot older than the lock.
-- Twice in it: an item can be this reviewer's unless they had its story under this rubric before (their own expired
-- assignment of this very item they may take up again), are recused, or it is there to be rated by others than those who
-- rated it under whatever rubric. `(priority * -1)` is spelled as the index
-- `item_open` spells it.
CREATE OR REPLACE FUNCTION annotations_claim(p_reviewer bigint, p_queue bigint, p_ahead_of bigint,
  OUT outcome text, OUT assignment bigint)
LANGUAGE plpgsql AS $$
DECLARE
  q record; mark record; head record; pick record;
  lease interval; from_priority integer := 32767; from_item bigint := 0; from_top boolean := true; free_seat smallint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('annotations.reviewer'), p_reviewer::integer);
  SELECT u.id, u.state, u.rubric_id, u.lease_minutes, m.id AS membership INTO q
    FROM annotations_queue u LEFT JOIN annotations_membership m ON m.queue_id = u.id AND m.user_id = p_reviewer
    WHERE u.id = p_queue;
  IF q.membership IS NULL THEN outcome := 'not_member'; RETURN; END IF;
  lease := make_interval(mins => q.lease_minutes);

  UPDATE annotations_assignment a SET lease_until = clock_timestamp() + lease
    WHERE a.state = 'active' AND a.id = (
      SELECT x.id FROM annotations_assignment x JOIN annotations_item i ON i.id = x.item_id
      WHERE x.reviewer_id = p_reviewer AND x.state = 'active' AND i.queue_id = p_queue AND x.id <> p_ahead_of
      ORDER BY x.claimed_at, x.id LIMIT 1)
    RETURNING a.id INTO assignment;
  IF FOUND THEN outcome := 'held'; RETURN; END IF;
  IF q.state <> 'open' THEN outcome := q.state; RETURN; END IF;

  SELECT b.priority, b.item_id INTO mark FROM annotations_bookmark b
    WHERE b.reviewer_id = p_reviewer AND b.queue_id = p_queue;
  IF FOUND THEN from_priority := mark.priority; from_item := mark.item_id; from_top := false; END IF;
  LOOP
    SELECT i.id, i.priority INTO head FROM annotations_item i
      WHERE i.queue_id = p_queue AND i.seats_left > 0
        AND NOT EXISTS (
          SELECT 1 FROM annotations_assignment a
          WHERE a.story_id = i.story_id AND a.reviewer_id = p_reviewer AND a.rubric_id = q.rubric_id AND NOT a.is_repeat
            AND NOT (a.item_id = i.id AND a.state = 'expired'))
        AND NOT EXISTS (SELECT 1 FROM annotations_recusal r WHERE r.story_id = i.story_id AND r.user_id = p_reviewer)
        AND NOT (i.kind = 'rerating' AND EXISTS (
          SELECT 1 FROM annotations_review v WHERE v.story_id = i.story_id AND v.reviewer_id = p_reviewer))
        AND (i.priority * -1, i.id) >= (from_priority * -1, from_item)
      ORDER BY i.priority * -1, i.id LIMIT 1;
    IF NOT FOUND THEN
      IF from_top THEN outcome := 'none'; RETURN; END IF;
      from_priority := 32767; from_item := 0; from_top := true;
      CONTINUE;
    END IF;
    SELECT i.id, i.story_id, i.seats INTO pick FROM annotations_item i
      WHERE i.queue_id = p_queue AND i.seats_left > 0
        AND NOT EXISTS (
          SELECT 1 FROM annotations_assignment a
          WHERE a.story_id = i.story_id AND a.reviewer_id = p_reviewer AND a.rubric_id = q.rubric_id AND NOT a.is_repeat
            AND NOT (a.item_id = i.id AND a.state = 'expired'))
        AND NOT EXISTS (SELECT 1 FROM annotations_recusal r WHERE r.story_id = i.story_id AND r.user_id = p_reviewer)
        AND NOT (i.kind = 'rerating' AND EXISTS (
          SELECT 1 FROM annotations_review v WHERE v.story_id = i.story_id AND v.reviewer_id = p_reviewer))
        AND (i.priority * -1, i.id) >= (head.priority * -1, head.id)
      ORDER BY i.priority * -1, i.id LIMIT 1 FOR NO KEY UPDATE OF i SKIP LOCKED;
    EXIT WHEN FOUND;
    PERFORM 1 FROM annotations_item i WHERE i.id = head.id FOR NO KEY UPDATE;
  END LOOP;

  SELECT min(s) INTO free_seat FROM generate_series(1, pick.seats) s WHERE NOT EXISTS (
    SELECT 1 FROM annotations_assignment x
    WHERE x.item_id = pick.id AND x.seat = s AND x.state IN ('active', 'submitted'));
  INSERT INTO annotations_assignment AS a
    (item_id, story_id, reviewer_id, rubric_id, seat, is_repeat, state, lease_until, claimed_at, pass_reason)
    VALUES (pick.id, pick.story_id, p_reviewer, q.rubric_id, free_seat, false, 'active',
            clock_timestamp() + lease, clock_timestamp(), '')
    ON CONFLICT (story_id, reviewer_id, rubric_id) WHERE NOT is_repeat DO UPDATE
      SET state = 'active', seat = excluded.seat, lease_until = excluded.lease_until,
          claimed_at = excluded.claimed_at, ended_at = NULL
      WHERE a.state = 'expired' AND a.item_id = excluded.item_id
    RETURNING a.id INTO STRICT assignment;
  UPDATE annotations_item SET seats_left = seats_left - 1 WHERE id = pick.id;
  IF mark IS NULL OR (mark.priority, mark.item_id) IS DISTINCT FROM (head.priority, head.id) THEN
    INSERT INTO annotations_bookmark (reviewer_id, queue_id, priority, item_id)
      VALUES (p_reviewer, p_queue, head.priority, head.id)
      ON CONFLICT (reviewer_id, queue_id) DO UPDATE SET priority = excluded.priority, item_id = excluded.item_id;
  END IF;
  outcome := 'claimed';
END $$;
