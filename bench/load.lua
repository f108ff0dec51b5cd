-- wrk -s load.lua ORIGIN -- PATH [TOKENS]: GETs PATH. With a file of TOKENS, a
-- line each, a request takes one and no other has it. Prints a line of JSON.
local start, finish, tokens

function init(args)
  start = "GET " .. args[1]
  finish = " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n"
  if args[2] then
    start = start .. "?token="
    tokens = assert(io.open(args[2]))
  end
end

function request()
  if not tokens then
    return start .. finish
  end
  -- Without one the answer is an error, which is counted.
  return start .. (tokens:read() or "none-is-left") .. finish
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '\n{"requests":%d,"bytes":%d,"us":%d,"p50":%d,"p99":%d,"bad":%d,"broken":%d}',
    summary.requests, summary.bytes, summary.duration,
    latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
