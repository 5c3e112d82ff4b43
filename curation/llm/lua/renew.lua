-- Says which calls a process has in flight, and returns how many processes there are. KEYS: places, processes. ARGV:
-- milliseconds until they lapse, name of the process, names of its places.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
redis.call('ZADD', KEYS[2], now + ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('PEXPIRE', KEYS[1], 900000)
redis.call('PEXPIRE', KEYS[2], 900000)
return redis.call('ZCARD', KEYS[2])
