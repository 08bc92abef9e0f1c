local lock_guard = require "kms.call.lock_guard"
local sign = require "kms.sign"

--- Creates a context on a clock that `context.time` sets.
local function new_context(deadline)
  local context = { time = 0, deadline = deadline }
  function context:clock() return self.time end
  function context:sleep(seconds) self.time = self.time + seconds end
  return context
end

--- Creates an NGINX shared dictionary on the clock of a context.
local function new_dictionary(context)
  local entries, dictionary = {}, {}
  function dictionary:get(key) -- luacheck: no unused args
    local entry = entries[key]
    if entry and (not entry[2] or entry[2] > context.time) then return entry[1] end
  end
  function dictionary:set(key, value, seconds) -- luacheck: no unused args
    entries[key] = { value, seconds and context.time + seconds }
  end
  function dictionary:get_keys()
    local keys = {}
    for key in pairs(entries) do
      if self:get(key) ~= nil then keys[#keys + 1] = key end
    end
    return keys
  end
  function dictionary:delete(key) entries[key] = nil end -- luacheck: no unused args
  function dictionary:add(key, value, seconds)
    if self:get(key) ~= nil then return false end
    entries[key] = { value, context.time + seconds }
    return true
  end
  function dictionary:incr(key, step, initial) entries[key] = { (self:get(key) or initial) + step } end
  return dictionary
end

describe("kms.call.lock_guard", function()
  it("identify returns the fingerprint of the keys, once per table", function()
    local keys = { access_key = "A", secret_key = "S" }
    local id = lock_guard.identify(keys)
    assert.equal(sign.fingerprint(keys), id)
    assert.equal(id, lock_guard.identify { access_key = "A", secret_key = "S" })
    assert.not_equal(id, lock_guard.identify { access_key = "A", secret_key = "T" })
    assert.is_nil(id:find("S", 1, true))
    local fingerprint, calls = sign.fingerprint, 0
    sign.fingerprint = function(...)
      calls = calls + 1
      return fingerprint(...)
    end
    assert.equal(id, lock_guard.identify(keys))
    sign.fingerprint = fingerprint
    assert.equal(0, calls)
  end)

  it("identify returns nil for a token", function()
    assert.is_nil(lock_guard.identify { token = "T" })
  end)

  it("acquire says whether the credentials are known to be good", function()
    local guard, context = lock_guard.new(), new_context(10)
    assert.same({ true, nil, nil }, { guard:acquire("id", context) })
    guard:report("id", "good", context)
    assert.same({ true, nil, true }, { guard:acquire("id", context) })
  end)

  it("acquire refuses credentials that were refused, until reset", function()
    local guard, context = lock_guard.new(), new_context(10)
    guard:acquire("id", context)
    guard:report("id", "refused", context)
    local is_allowed, err = guard:acquire("id", context)
    assert.is_nil(is_allowed)
    assert.same({ "credentials", "guarded" }, { err.kind, err.code })
    assert.matches("client:reset()", err.message, 1, true)
    guard:report("id", "good", context) -- of a call that began before
    assert.equal("guarded", select(2, guard:acquire("id", context)).code)
    guard:reset()
    assert.is_true(guard:acquire("id", context))
  end)

  it("acquire lets three attempts be under way on trial, and further ones wait until the deadline of their call", function()
    local guard = lock_guard.new()
    for _ = 1, 3 do assert.is_true(guard:acquire("id", new_context(100), 10)) end
    local waiting = new_context(5)
    local _, err = guard:acquire("id", waiting, 10)
    assert.same({ "transport", "timeout", false }, { err.kind, err.code, err.uncertain })
    assert.is_true(waiting.time >= 5)
  end)

  it("a trial ends with the time limit of its attempt, not with its call", function()
    local guard = lock_guard.new()
    for _ = 1, 3 do assert.is_true(guard:acquire("id", new_context(1000), 10)) end -- abandoned
    local waiting = new_context(1000)
    assert.is_true(guard:acquire("id", waiting, 10))
    assert.is_true(waiting.time >= 10 and waiting.time < 12)
  end)

  it("acquire does not name concurrent calls if the deadline passed before it waited", function()
    local _, err = lock_guard.new():acquire("id", new_context(0))
    assert.same({ "timeout", "the deadline passed before the request was sent", false },
      { err.code, err.message, err.uncertain })
  end)

  it("allows four refusals at most, those of the attempts under way included", function()
    local guard, contexts = lock_guard.new(), {}
    for i = 1, 3 do
      contexts[i] = new_context(5)
      assert.is_true(guard:acquire("id", contexts[i], 10))
    end
    guard:report("id", "skewed", contexts[1])
    assert.is_true(guard:acquire("id", contexts[1], 10)) -- signed again
    guard:report("id", "skewed", contexts[2])
    assert.equal("timeout", select(2, guard:acquire("id", contexts[2], 10)).code)
    guard:report("id", "good", contexts[1])
    assert.same({ true, nil, true }, { guard:acquire("id", contexts[2], 10) })
  end)

  it("the errors of waiting and of refused calls carry the cause", function()
    for _, options in ipairs { {}, { dictionary = true } } do
      local context = new_context(5)
      local guard = lock_guard.new(options.dictionary and new_dictionary(context), "guard")
      for _ = 1, 4 do assert.is_true(guard:acquire("id", context, 100)) guard:report("id", nil, context,
        { kind = "transport", code = "connect", message = "refused by peer" }) end
      for _ = 1, 3 do assert.is_true(guard:acquire("id", context, 100)) end
      local _, err = guard:acquire("id", context, 100)
      assert.same({ "timeout", "connect" }, { err.code, err.cause.code })
      assert.matches("connect: refused by peer", err.message, 1, true)
      guard:report("id", "refused", context, { kind = "service", code = "APIGW.0301", message = "wrong key", status = 401 })
      _, err = guard:acquire("id", context)
      assert.same({ "guarded", "APIGW.0301", 401 }, { err.code, err.cause.code, err.cause.status })
      assert.matches("APIGW.0301: wrong key", err.message, 1, true)
    end
  end)

  it("sends refused credentials again after five minutes", function()
    for _, has_dictionary in ipairs { false, true } do
      local context = new_context(1000)
      local guard = lock_guard.new(has_dictionary and new_dictionary(context) or nil, "guard")
      guard:acquire("id", context)
      guard:report("id", "refused", context)
      context.time = 299
      assert.equal("guarded", select(2, guard:acquire("id", context)).code)
      context.time = 301
      assert.is_true(guard:acquire("id", context))
    end
  end)

  it("report without a verdict ends a trial", function()
    local guard, context = lock_guard.new(), new_context(10)
    guard:acquire("id", context)
    guard:report("id", nil, context)
    assert.same({ true, nil, nil }, { guard:acquire("id", context) })
    assert.equal(0, context.time)
  end)

  it("remembers refused credentials after many good ones", function()
    local guard, context = lock_guard.new(), new_context(10)
    guard:acquire("refused", context)
    guard:report("refused", "refused", context)
    for i = 1, 3000 do
      assert.is_true(guard:acquire("good " .. i, context))
      guard:report("good " .. i, "good", context)
    end
    assert.equal("guarded", select(2, guard:acquire("refused", context)).code)
  end)

  it("remembers a limited number of credentials, at a constant cost", function()
    local guard, context = lock_guard.new(), new_context(10)
    local function refuse(from, to)
      local started = os.clock()
      for i = from, to do
        guard:acquire("id" .. i, context)
        guard:report("id" .. i, "refused", context)
      end
      return os.clock() - started
    end
    refuse(1, 2000)
    local first, last = refuse(2001, 4000), refuse(4001, 24000) / 10
    assert.is_true(last < 10 * first + 0.05, ("%f s, then %f s"):format(first, last))
    for _, map in pairs(guard.store) do
      local count = 0
      for _ in pairs(map.values) do count = count + 1 end
      assert.is_true(count <= 10000, count)
    end
  end)

  it("shares verdicts, trials and resets through a dictionary", function()
    local context = new_context(10)
    local dictionary = new_dictionary(context)
    local one, other = lock_guard.new(dictionary, "guard"), lock_guard.new(dictionary, "guard")
    for _ = 1, 3 do assert.is_true(one:acquire("id", context)) end
    assert.equal("timeout", select(2, other:acquire("id", context)).code) -- waits for the trials
    context.time, context.deadline = 20, 30 -- the trials were abandoned
    assert.is_true(other:acquire("id", context))
    other:report("id", "refused", context)
    assert.equal("guarded", select(2, one:acquire("id", context)).code)
    lock_guard.new(dictionary, "guard"):reset() -- a worker that never used these credentials
    assert.is_true(one:acquire("id", context))
    one:report("id", "good", context)
    assert.same({ true, nil, true }, { other:acquire("id", context) })
  end)

  it("counts the possible refusals of all workers", function()
    local dictionary = new_dictionary(new_context(10))
    local contexts, guards = {}, {}
    for i = 1, 3 do
      contexts[i], guards[i] = new_context(5), lock_guard.new(dictionary, "guard")
      assert.is_true(guards[i]:acquire("id", contexts[i], 10))
    end
    guards[1]:report("id", "skewed", contexts[1])
    assert.is_true(guards[1]:acquire("id", contexts[1], 10))
    guards[2]:report("id", "skewed", contexts[2])
    assert.equal("timeout", select(2, guards[2]:acquire("id", contexts[2], 10)).code)
  end)

  it("asks for a dictionary of its own if other data is in the shared one", function()
    local context = new_context(10)
    local dictionary = new_dictionary(context)
    local guard = lock_guard.new(dictionary, "everything")
    assert.is_true(guard:acquire("id", context))
    dictionary:set("session", "x")
    local is_allowed, err = guard:acquire("id", context)
    assert.is_nil(is_allowed)
    assert.same({ "invalid", "lock_guard" }, { err.kind, err.code })
    assert.matches("lua_shared_dict everything also holds other data", err.message, 1, true)
  end)
end)
