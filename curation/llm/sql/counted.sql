CREATE OR REPLACE FUNCTION llm_counted() RETURNS trigger LANGUAGE plpgsql AS $$
-- Keeps the counters of budgets true to their calls. A statement that adds or changes calls locks their budgets by id
-- beforehand, so that two never wait for each other.
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE llm_budget b SET reserved_micro_usd = b.reserved_micro_usd + c.reserved,
      spent_micro_usd = b.spent_micro_usd + c.spent, unknown_micro_usd = b.unknown_micro_usd + c.unknown
    FROM (
      SELECT of.id, coalesce(sum(n.reserved_micro_usd) FILTER (WHERE n.state = 'reserved'), 0) AS reserved,
        coalesce(sum(n.micro_usd) FILTER (WHERE n.state = 'settled'), 0) AS spent,
        coalesce(sum(n.reserved_micro_usd) FILTER (WHERE n.state = 'unknown'), 0) AS unknown
      FROM added n, unnest(array[n.budget_id, n.month_id]) AS of (id) WHERE of.id IS NOT NULL GROUP BY of.id
    ) c WHERE b.id = c.id;
  ELSE
    UPDATE llm_budget b SET reserved_micro_usd = b.reserved_micro_usd + c.reserved,
      spent_micro_usd = b.spent_micro_usd + c.spent, unknown_micro_usd = b.unknown_micro_usd + c.unknown
    FROM (
      SELECT of.id,
        coalesce(sum(n.sign * n.reserved_micro_usd) FILTER (WHERE n.state = 'reserved'), 0) AS reserved,
        coalesce(sum(n.sign * n.micro_usd) FILTER (WHERE n.state = 'settled'), 0) AS spent,
        coalesce(sum(n.sign * n.reserved_micro_usd) FILTER (WHERE n.state = 'unknown'), 0) AS unknown
      FROM (
        SELECT 1 AS sign, state, reserved_micro_usd, micro_usd, budget_id, month_id FROM added
        UNION ALL SELECT -1, state, reserved_micro_usd, micro_usd, budget_id, month_id FROM removed
      ) n, unnest(array[n.budget_id, n.month_id]) AS of (id) WHERE of.id IS NOT NULL GROUP BY of.id
    ) c WHERE b.id = c.id;
  END IF;
  RETURN NULL;
END $$;
