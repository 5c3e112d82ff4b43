-- The provider said that it was too much: hold everybody back for a while, and go on with less, which grows back by a
-- hundredth of the whole a second. KEYS: facts. ARGV: milliseconds to wait, the part of the pace to go on with.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local facts = redis.call('HMGET', KEYS[1], 'blocked', 'share', 'shared_at', 'slowed_at')
local share, since = tonumber(facts[2] or 1), tonumber(facts[3] or now)
share = math.min(1, share + (now - since) / 100000)
-- Calls that were under way together are refused together, and count once.
if now - tonumber(facts[4] or 0) > 1000 then
  share = math.max(0.05, share * ARGV[2])
  redis.call('HSET', KEYS[1], 'slowed_at', now)
end
redis.call('HSET', KEYS[1], 'share', share, 'shared_at', now,
  'blocked', math.max(tonumber(facts[1] or 0), now + ARGV[1]))
redis.call('PEXPIRE', KEYS[1], 900000)
return {0, 0}
