-- Lets one call through, or says how long to wait. KEYS: facts, places. ARGV: requests and tokens a minute, width,
-- tokens of this call, name of the place, milliseconds until the place lapses, milliseconds of burst.
-- Returns {1, 0} or {0, milliseconds}.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local facts = redis.call('HMGET', KEYS[1], 'blocked', 'share', 'shared_at', 'requests', 'tokens')
local blocked = tonumber(facts[1] or 0)
if blocked > now then return {0, blocked - now} end
local share, since = tonumber(facts[2] or 1), tonumber(facts[3] or now)
share = math.min(1, share + (now - since) / 100000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[2]) >= math.max(1, math.floor(ARGV[3] * share)) then return {0, 20} end
local burst = tonumber(ARGV[7])
local requests = math.max(tonumber(facts[4] or 0), now)
local tokens = math.max(tonumber(facts[5] or 0), now)
local wait = math.max(requests, tokens) - now - burst
if wait > 0 then return {0, math.ceil(wait)} end
redis.call('HSET', KEYS[1], 'share', share, 'shared_at', now,
  'requests', requests + 60000 / (ARGV[1] * share), 'tokens', tokens + ARGV[4] * 60000 / (ARGV[2] * share))
redis.call('PEXPIRE', KEYS[1], 900000)
redis.call('ZADD', KEYS[2], now + ARGV[6], ARGV[5])
redis.call('PEXPIRE', KEYS[2], 900000)
return {1, 0}
