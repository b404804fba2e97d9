-- One operation of otplogin in one atomic step. It does what step.go, step_codes.go and
-- tally.go of package otplogin do in memory.
--
-- ARGV[1] is the operation, ARGV[2] says what each of KEYS holds:
--   r recipient  f flow  a IP address  g region  p project  t one command
-- In a cluster these are in several places: the script then runs in each of them, with
-- the keys of one, and ARGV[3] says what the tallies do: "take" for a message or a code,
-- "flow" for a flow that joined a message, "back", or "undo" when there is no flow either.
-- Every value is JSON, written with its expiry in one command.

local SECOND = 1000
local MINUTE = 60 * SECOND
local HOUR = 60 * MINUTE
local DAY = 24 * HOUR
local FLOW_LIFE = 30 * MINUTE
local OVER_LIFE = 30 * SECOND
local SEND_LIFE = MINUTE
local TRY_LIFE = 15 * SECOND
local TOKEN_LIFE = 30 * SECOND
local MAX_TIMES = 1000
local MAX_COUNT = 1000000000

-- Windows of tallies: the width of a bucket, and how many whole ones.
local HALF_HOUR_SPAN = {150 * SECOND, 12}
local HOUR_SPAN = {5 * MINUTE, 12}
local DAY_SPAN = {2 * HOUR, 12}
local LAST_HOUR = {10 * MINUTE, 6}
local LAST_DAY = {HOUR, 24}
local BEST_DAYS = {DAY, 14}

local op = cjson.decode(ARGV[1])
local limits = op.limits
local key = {}
for i = 1, #KEYS do
  key[string.sub(ARGV[2], i, i)] = KEYS[i]
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local state = {result = 'done', now = now, attempts_left = 0, sends_left = 0}

local function load(kind)
  local value = key[kind] and redis.call('GET', key[kind])
  return value and cjson.decode(value) or nil
end

local function save(kind, value, life)
  redis.call('SET', key[kind], cjson.encode(value), 'PX', life)
end

-- Limits.

local function mode(limit)
  return limits.Modes[limit]
end

-- passes reports that a limit lets the operation go on: it is not over, or not on.
local function passes(limit, over, retry)
  if not over or mode(limit) == 'off' then
    return true
  end
  if mode(limit) == 'record_only' then
    state.recorded = state.recorded or {}
    table.insert(state.recorded, limit)
    return true
  end
  state.result, state.refused, state.retry_at, state.recorded = 'refused', limit, retry, nil
  return false
end

local function recent(times, window)
  local young = {}
  for _, at in ipairs(times) do
    if now - at < window then
      young[#young + 1] = at
    end
  end
  return young
end

local function contains(times, at)
  for _, t in ipairs(times or {}) do
    if t == at then
      return true
    end
  end
  return false
end

-- add takes a place. No two have the same time, by which one is given back.
local function add(times)
  local at = now
  if #times > 0 then
    at = math.max(now, times[#times] + 1)
  end
  table.insert(times, at)
  if #times > MAX_TIMES then
    table.remove(times, 1)
  end
  return at
end

-- insert takes the place of a time, unless it is taken.
local function insert(times, at)
  local i = #times + 1
  while i > 1 and times[i - 1] >= at do
    i = i - 1
  end
  if times[i] == at then
    return false
  end
  table.insert(times, i, at)
  if #times > MAX_TIMES then
    table.remove(times, 1)
  end
  return true
end

local function remove(times, at)
  for i, t in ipairs(times) do
    if t == at then
      table.remove(times, i)
      return true
    end
  end
  return false
end

-- free_at returns when a place of a window is free again; nil if one is, or the limit is
-- not on.
local function free_at(limit, times, window, max)
  local young = recent(times, window)
  if mode(limit) ~= 'on' or #young < max then
    return nil
  end
  return young[#young - max + 1] + window
end

local function within(limit, times, window, max)
  return passes(limit, #recent(times, window) >= max, free_at(limit, times, window, max))
end

-- Tallies: series count events in buckets of time.

local function sum(series, span)
  local first, n = math.floor(now / span[1]) - span[2], 0
  for bucket, count in pairs(series or {}) do
    if tonumber(bucket) >= first then
      n = n + count
    end
  end
  return n
end

local function bump(record, name, at, span, n)
  local series, left = record[name] or {}, {}
  local bucket = string.format('%d', math.floor(at / span[1]))
  series[bucket] = math.max(0, (series[bucket] or 0) + n)
  local first = math.floor(now / span[1]) - span[2]
  for b, count in pairs(series) do
    if count > 0 and tonumber(b) >= first then
      left[b] = count
    end
  end
  record[name] = left
end

local function free(series, span)
  local at = nil
  for bucket in pairs(series or {}) do
    local leaves = (tonumber(bucket) + span[2] + 1) * span[1]
    if leaves > now and (at == nil or leaves < at) then
      at = leaves
    end
  end
  return at
end

local function below(limit, series, span, max)
  return passes(limit, sum(series, span) >= max, free(series, span))
end

local address, region, project = load('a') or {}, load('g') or {}, load('p') or {}

local function save_tallies()
  if key.a then
    save('a', address, DAY + 2 * HOUR)
  end
  if key.g then
    save('g', region, 15 * DAY)
  end
  if key.p then
    save('p', project, DAY + 2 * HOUR)
  end
end

region.channels = region.channels or {}

local function conversion()
  region.channels[op.channel] = region.channels[op.channel] or {}
  return region.channels[op.channel]
end

local function count_sent(at, n)
  bump(conversion(), 'sent_hour', at, LAST_HOUR, n)
  bump(conversion(), 'sent_day', at, LAST_DAY, n)
end

-- unverified counts the regions of a day that the address verified no code of, were one
-- to op.region sent now.
local function unverified()
  local n, regions = 0, address.regions or {}
  for name, v in pairs(regions) do
    if name ~= op.region and v.messages > 0 and now - v.sent < DAY and now - v.verified >= DAY then
      n = n + 1
    end
  end
  local own = regions[op.region]
  if not own or now - own.verified >= DAY then
    n = n + 1
  end
  return n
end

local function best_day(days)
  local best = 0
  for bucket, count in pairs(days or {}) do
    if tonumber(bucket) >= math.floor(now / DAY) - BEST_DAYS[2] then
      best = math.max(best, count)
    end
  end
  return best
end

-- unusual is the rule of Conversion.Unusual, over all channels.
local function unusual()
  local sent_hour, verified_hour, sent_day, verified_day, days = 0, 0, 0, 0, {}
  for _, c in pairs(region.channels) do
    sent_hour = sent_hour + sum(c.sent_hour, LAST_HOUR)
    verified_hour = verified_hour + sum(c.verified_hour, LAST_HOUR)
    sent_day = sent_day + sum(c.sent_day, LAST_DAY)
    verified_day = verified_day + sum(c.verified_day, LAST_DAY)
    for bucket, count in pairs(c.days or {}) do
      days[bucket] = (days[bucket] or 0) + count
    end
  end
  local day = math.max(20, math.floor(best_day(days) / 5), math.floor(verified_day / 5))
  local hour = math.max(3, math.floor(day / 6), math.floor(verified_hour / 5))
  return sent_day - verified_day >= day or sent_hour - verified_hour >= hour
end

-- take counts a new flow and, if it sends one, a message; all or nothing.
local function take(sends)
  if key.a and op.kind == 'start' and not below('address_flows', address.flows, HALF_HOUR_SPAN, limits.AddressFlows) then
    return false
  end
  if sends then
    if key.a and (not below('address_hour', address.messages, HOUR_SPAN, limits.AddressHour) or
      op.region ~= '' and not passes('address_regions', unverified() > limits.AddressRegions, nil)) then
      return false
    end
    if key.g and op.region ~= '' and not passes('region', unusual(), nil) then
      return false
    end
    if key.p and not below('project_day', project.messages, DAY_SPAN, limits.ProjectDay) then
      return false
    end
    if key.g then
      count_sent(now, 1)
    end
    if key.p then
      bump(project, 'messages', now, DAY_SPAN, 1)
    end
  end
  if key.a then
    if op.kind == 'start' then
      bump(address, 'flows', now, HALF_HOUR_SPAN, 1)
    end
    if sends then
      bump(address, 'messages', now, HOUR_SPAN, 1)
      if op.region ~= '' then
        address.regions = address.regions or {}
        local v = address.regions[op.region] or {sent = 0, verified = 0, messages = 0}
        if now - v.sent >= DAY then
          v.messages = 0
        end
        v.sent, v.messages = now, v.messages + 1
        address.regions[op.region] = v
      end
    end
  end
  save_tallies()
  return true
end

-- give_back takes a message back that was not sent.
local function give_back()
  if key.g then
    count_sent(op.at, -1)
  end
  if key.p then
    bump(project, 'messages', op.at, DAY_SPAN, -1)
  end
  if key.a then
    bump(address, 'messages', op.at, HOUR_SPAN, -1)
    if ARGV[3] == 'undo' and op.kind == 'start' then -- nothing of it was counted on one Redis
      bump(address, 'flows', op.at, HALF_HOUR_SPAN, -1)
    end
    local v = address.regions and address.regions[op.region]
    if v then
      v.messages = v.messages - 1
    end
  end
  save_tallies()
end

-- take_failure counts a code before it is checked.
local function take_failure()
  if key.a and not below('address_failures', address.failures, DAY_SPAN, limits.AddressFailures) or
    key.p and not below('project_failures', project.failures, DAY_SPAN, limits.ProjectFailures) then
    return false
  end
  if key.p then
    bump(project, 'failures', now, DAY_SPAN, 1)
  end
  if key.a then
    bump(address, 'failures', now, DAY_SPAN, 1)
  end
  save_tallies()
  return true
end

-- give_failure_back takes a code back that was not compared, or was right.
local function give_failure_back()
  if key.p then
    bump(project, 'failures', op.at, DAY_SPAN, -1)
  end
  if key.a then
    bump(address, 'failures', op.at, DAY_SPAN, -1)
  end
  save_tallies()
end

-- count_verified counts a right code.
local function count_verified()
  if key.g then
    bump(conversion(), 'verified_hour', now, LAST_HOUR, 1)
    bump(conversion(), 'verified_day', now, LAST_DAY, 1)
    bump(conversion(), 'days', now, BEST_DAYS, 1)
  end
  if key.a and op.region ~= '' then
    address.regions = address.regions or {}
    local v = address.regions[op.region] or {sent = 0, verified = 0, messages = 0}
    v.verified = now
    address.regions[op.region] = v
  end
  give_failure_back()
end

if op.kind == 'conversions' then
  for channel, c in pairs(region.channels) do
    state.conversions = state.conversions or {}
    state.conversions[channel] = {
      SentHour = sum(c.sent_hour, LAST_HOUR), VerifiedHour = sum(c.verified_hour, LAST_HOUR),
      SentDay = sum(c.sent_day, LAST_DAY), VerifiedDay = sum(c.verified_day, LAST_DAY),
      BestDay = best_day(c.days),
    }
  end
  return cjson.encode(state)
end

if not key.r then -- in a cluster, the tallies of one place
  -- A client may repeat a command whose answer got lost: KEYS has one for each command.
  if not redis.call('SET', key.t, 1, 'NX', 'PX', TOKEN_LIFE) then
    state.taken = true
    return cjson.encode(state)
  end
  local ok = true
  if ARGV[3] == 'take' and op.kind == 'try' then
    ok = take_failure()
  elseif ARGV[3] == 'take' or ARGV[3] == 'flow' then
    ok = take(ARGV[3] == 'take')
  elseif op.verdict == 'right' then
    count_verified()
  elseif op.kind == 'try' or op.kind == 'judge' then
    give_failure_back()
  else
    give_back()
  end
  if not ok then
    redis.call('DEL', key.t)
  end
  state.taken = ok
  return cjson.encode(state)
end

-- The recipient and the flow.

local r = load('r') or {sends = {}, failures = {}, devices = {}, streak = 0}
local f = load('f')
r.sends, r.failures, r.devices = recent(r.sends, DAY), recent(r.failures, DAY), recent(r.devices, DAY)
if #recent(r.sends, HOUR) == 0 then
  r.streak = 0 -- the wait begins anew
end
if #r.sends + #r.failures + #r.devices == 0 then
  r.last, r.method_id = nil, nil -- without a place of the last day
end
if f and now >= f.expires then
  f = nil
end

local function save_recipient()
  local empty = #r.sends + #r.failures + #r.devices == 0
  save('r', r, empty and SEND_LIFE or DAY)
end

local function save_flow()
  save('f', f, math.max(1, f.expires - now))
end

local function drop()
  redis.call('DEL', key.f)
  f = nil
end

local function wait(n)
  local w, most = limits.Wait / 1000000, limits.MaxWait / 1000000
  if n < 1 then
    return 0
  end
  for _ = 2, n do
    w = w * 2
    if w >= most then
      break
    end
  end
  return math.floor(math.min(w, most))
end

-- is_pending reports that it is not known what became of the message. After a minute
-- the program that sent it is taken for dead: the message may have gone out.
local function is_pending(m)
  return m.delivery == 'pending'
end
if r.last and is_pending(r.last) and now >= r.last.at + SEND_LIFE then
  r.last.delivery, r.last.method_id = 'maybe_sent', r.last.method_id or r.method_id
end

-- next_send returns when the wait after the newest message is over. There is none when
-- its code cannot be checked: its method id is not known.
local function next_send()
  local m = r.last
  if not is_pending(m) and not m.method_id then
    return m.at
  end
  return m.at + wait(r.streak)
end

-- is_fresh reports that the recipient has a message that a new flow can go on with.
local function is_fresh()
  local m = r.last
  if not m or m.over or now >= m.at + op.code_minutes * MINUTE then
    return false
  end
  return is_pending(m) or mode('wait') == 'on' and now < next_send()
end

-- over says that the login has succeeded. To a call that tries a code it gives what a
-- right code opens, as often as codes can be tried.
local function over()
  state.result = 'over'
  if not op.try then
    return
  end
  f.shown = f.shown or {}
  if contains(f.shown, op.try) then
    state.sealed = f.sealed
  elseif #f.shown < limits.Attempts then
    table.insert(f.shown, op.try)
    state.sealed = f.sealed
    save_flow()
  end
end

-- follow brings the flow to the newest message, or says that there is no flow.
local function follow()
  if not f then
    state.result = 'no_flow'
    return false
  end
  if f.over then
    over()
    return false
  end
  if r.last and f.message ~= r.last.id then
    f.message, f.attempts = r.last.id, 0
  end
  return true
end

-- free_send returns when the hour and the day allow a message; 0 if they do.
local function free_send()
  return math.max(free_at('recipient_hour', r.sends, HOUR, limits.RecipientHour) or 0,
    free_at('recipient_day', r.sends, DAY, limits.RecipientDay) or 0)
end

local function reserve()
  local m, next = r.last, 0
  if m then
    if m.id == op.message then -- the answer to this operation got lost
      state.result, state.at = 'send', m.place
      return
    end
    next = next_send()
    if is_pending(m) then
      if now >= next or mode('wait') ~= 'on' then
        next = m.at + SEND_LIFE
      end
      state.result, state.refused, state.retry_at = 'refused', 'wait', math.max(next, free_send())
      return
    end
  end
  if not passes('wait', now < next, next) or
    not within('recipient_hour', r.sends, HOUR, limits.RecipientHour) or
    not within('recipient_day', r.sends, DAY, limits.RecipientDay) then
    state.retry_at = math.max(state.retry_at or 0, free_send())
    return
  end
  if not take(true) then
    return
  end
  if m then
    m.before = nil
  end
  state.at = add(r.sends)
  r.last = {
    id = op.message, channel = op.channel, at = now, delivery = 'pending',
    place = state.at, before = m, attempts = f.attempts,
  }
  r.streak = r.streak + 1
  f.message, f.attempts = op.message, 0
  save_recipient()
  save_flow()
  state.result = 'send'
end

-- has_no_message reports that the message of the flow did not go out, and no other one
-- did since it began.
local function has_no_message()
  return not r.last or f.message ~= r.last.id and r.last.at < f.expires - FLOW_LIFE
end

local function start()
  if f and (f.over or has_no_message()) then
    drop()
  end
  if f then
    state.result = 'found'
    if r.last.id == op.message then -- the answer to this operation got lost
      state.result, state.at = 'send', r.last.place
    end
    return
  end
  f = {expires = now + FLOW_LIFE, sealed = op.sealed, attempts = 0}
  if is_fresh() then
    if take(false) then
      f.message, state.result = r.last.id, 'joined'
      save_flow()
    else
      f = nil
    end
    return
  end
  reserve()
  if state.result ~= 'send' then
    f = nil
  end
end

local function settle()
  local m = r.last
  local is_last = m and m.id == op.message
  if op.delivery == 'not_sent' then
    if not op.at then -- in a cluster: the flow joined a message, and a tally refused it
      drop()
      return
    end
    if not remove(r.sends, op.at) then
      return -- it was given back before
    end
    state.given = true
    r.failed = {message = op.message, status = op.failure.status, code = op.failure.code}
    give_back()
    if is_last then
      r.last = m.before
      r.streak = math.max(0, r.streak - 1)
    end
    if f and f.message == op.message then
      if r.last then -- the login goes on with the message that it had
        f.message, f.attempts = r.last.id, m.attempts
      end
      if op.new then
        drop()
      else
        save_flow()
      end
    end
    save_recipient()
    return
  end
  if op.method_id and not (is_last and m.over) then -- else its code was used before this operation was repeated
    r.method_id = op.method_id
  end
  if is_last then
    m.delivery, m.request_id, m.before = op.delivery, op.request_id, nil
  end
  if is_last and op.method_id then
    m.method_id = op.method_id
  end
  if m and not m.method_id and m.delivery ~= 'pending' then
    m.method_id = r.method_id -- also of an earlier message, when this answer got lost
  end
  save_recipient()
end

local function find()
  if r.failed and op.message and r.failed.message == op.message and (not f or has_no_message()) then
    state.result, state.failure = 'failed', {status = r.failed.status, code = r.failed.code}
    if f and not r.last then
      drop()
    end
    return
  end
  if follow() then
    state.result = 'found'
  end
end

-- in_flight returns the codes of the flow that calls may be checking.
local function in_flight()
  local left = {}
  for _, t in ipairs(f.checking or {}) do
    if now - t.at < TRY_LIFE then
      left[#left + 1] = t
    end
  end
  return left
end

local function try()
  local m = r.last
  for _, t in ipairs(f.checking or {}) do
    if t.id == op.try then -- the answer to this operation got lost
      state.result, state.at = 'try', t.at
      return
    end
  end
  if not m or is_pending(m) or not m.method_id then
    state.result = 'no_message'
    return
  end
  local failures, max = r.failures, limits.RecipientFailures
  if op.device then
    failures, max = r.devices, limits.DeviceFailures
  end
  if not passes('attempts', f.attempts >= limits.Attempts, nil) or
    not within('recipient_failures', failures, DAY, max) or not take_failure() then
    return
  end
  f.attempts = f.attempts + 1
  state.at = add(failures)
  r.flight = recent(r.flight or {}, TRY_LIFE)
  table.insert(r.flight, state.at)
  if #r.flight > MAX_TIMES then
    table.remove(r.flight, 1)
  end
  f.checking = in_flight()
  table.insert(f.checking, {id = op.try, at = state.at})
  save_recipient()
  save_flow()
  state.result = 'try'
end

-- after_right returns what a right code leaves of the wrong ones: those that were counted
-- later, and those that may reach Stytch later.
local function after_right(times)
  local left = {}
  for _, t in ipairs(times) do
    if t > op.at or contains(r.flight, t) then
      left[#left + 1] = t
    end
  end
  return left
end

local function judge()
  local m = r.last
  local is_last = m and m.id == op.message
  if f and f.checking then
    local left = {}
    for _, t in ipairs(in_flight()) do
      if t.id ~= op.try then
        left[#left + 1] = t
      end
    end
    f.checking = #left > 0 and left or nil
  end
  local flight, had = {}, r.flight
  for _, t in ipairs(recent(r.flight or {}, TRY_LIFE)) do
    if t ~= op.at then
      flight[#flight + 1] = t
    end
  end
  r.flight = #flight > 0 and flight or nil
  if op.verdict == 'compared' then -- it counts, also when a right code forgot it meanwhile
    if insert(op.device and r.devices or r.failures, op.at) or had then
      save_recipient()
    end
    if f then
      save_flow()
    end
    return
  end
  if op.verdict == 'right' then
    local found = contains(op.device and r.devices or r.failures, op.at)
    if f and f.over or not f and not found then -- this operation is repeated
      return
    end
    -- The method id is forgotten: whether a lost answer can be made good for must not
    -- tell who has logged in before.
    state.given = true
    count_verified()
    if f then -- it has not expired meanwhile
      f.over, f.sealed, f.expires = true, op.sealed, now + OVER_LIFE
      save_flow()
    end
    r.failures, r.devices = after_right(r.failures), after_right(r.devices)
    r.streak, r.method_id = 0, nil
    if is_last then
      m.over = true
    end
    save_recipient()
    return
  end
  if op.verdict == 'unknown' then
    r.method_id = nil
    if is_last then
      m.method_id, m.over = nil, true
    end
    if f then
      save_flow()
    end
    save_recipient()
    return
  end
  if op.verdict == 'expired' and is_last then
    m.over = true
  end
  if f and f.over then -- another click was first
    over()
  end
  if remove(op.device and r.devices or r.failures, op.at) then
    state.given = true
    give_failure_back()
    if f and f.message == op.message then
      f.attempts = math.max(0, f.attempts - 1)
    elseif f and m and m.before and m.before.id == op.message and f.message == m.id then
      m.attempts = math.max(0, m.attempts - 1) -- what the flow goes back to when m is not sent
    end
  end
  if f then
    save_flow()
  end
  save_recipient()
end

-- view says what the flow's owner may know.
local function view()
  state.sealed, state.expires, state.attempts_left = f.sealed, f.expires, 1
  state.checking = 0
  for _, t in ipairs(in_flight()) do
    if op.kind ~= 'find' or not op.at or t.at <= op.at then
      state.checking = state.checking + 1
    end
  end
  local attempts = f.attempts
  if r.last and f.message ~= r.last.id then
    attempts = 0
  end
  if mode('attempts') == 'on' then
    state.attempts_left = math.max(0, limits.Attempts - attempts)
  end
  local left = MAX_COUNT
  if mode('recipient_hour') == 'on' then
    left = math.min(left, limits.RecipientHour - #recent(r.sends, HOUR))
  end
  if mode('recipient_day') == 'on' then
    left = math.min(left, limits.RecipientDay - #r.sends)
  end
  state.sends_left = math.max(0, left)
  if r.last then
    local m = r.last
    state.resend_at = next_send()
    state.message = {
      id = m.id, channel = m.channel, at = m.at, delivery = m.delivery,
      method_id = m.method_id, request_id = m.request_id,
    }
  end
end

if op.kind == 'start' then
  start()
elseif op.kind == 'resend' then
  if follow() then
    reserve()
  end
elseif op.kind == 'settle' then
  settle()
elseif op.kind == 'find' then
  find()
elseif op.kind == 'try' then
  if follow() then
    try()
  end
elseif op.kind == 'judge' then
  judge()
end
if f and not f.over then
  view()
end
return cjson.encode(state)
