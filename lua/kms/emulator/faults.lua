--- Faults on order: which there are, which request meets the next one, and what becomes of its answer.

local validate = require "kms.util.validate"
local fields = require "kms.emulator.schema"

local faults = {}
faults.__index = faults

---@class kms.EmulatorFault what `cloud:fault` takes; more fields belong to the kinds below
---@field kind string
---@field times integer? how many requests meet it, 1 when not given
---@field match { provider: string?, operation: string? }? which requests; any when not given
---@field applied boolean? whether the request is carried out before its answer is spoilt

local BAD_GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
  .. "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"

local function lower_names(headers)
  local lowered = {}
  for name, value in pairs(headers or {}) do lowered[name:lower()] = value end
  return lowered
end

-- A kind has `fields`; `applied`, the default of that field; `reply(fault, provider, call)`, the answer in place of the
-- cloud's own; `travel(fault, response)`, for the kinds that spoil the delivery: how many seconds it takes, or else the
-- code of the transport error that comes of it.
local KINDS = {
  -- The answer comes late.
  delay = {
    applied = true,
    fields = { { name = "seconds", type = "number", required = true, positive = true } },
    travel = function(fault) return fault.seconds end,
  },
  -- Any answer instead of the right one.
  status = {
    applied = false,
    fields = {
      { name = "status", type = "number", required = true, positive = true },
      fields.optional("headers", "table"),
      fields.optional "body",
    },
    reply = function(fault)
      return { status = fault.status, headers = lower_names(fault.headers), body = fault.body or "" }
    end,
  },
  -- A proxy's HTML page.
  bad_gateway = {
    applied = false,
    fields = {},
    reply = function() return { status = 502, headers = { ["content-type"] = "text/html" }, body = BAD_GATEWAY } end,
  },
  -- 429 in the cloud's own words.
  throttled = {
    applied = false,
    fields = { { name = "retry_after", type = "number", positive = true } },
    reply = function(fault, provider, call)
      local response = provider.throttled(call)
      response.headers["retry-after"] = ("%d"):format(fault.retry_after or 1)
      return response
    end,
  },
  -- The connection is closed without a byte of an answer.
  close_before = {
    applied = false,
    fields = {},
    travel = function() return nil, "closed" end,
  },
  -- The connection is closed in the middle of the answer.
  close_within = {
    applied = true,
    fields = { fields.choice("part", { "head", "body" }) },
    travel = function() return nil, "closed" end,
  },
  -- A body that does not end.
  endless = {
    applied = true,
    fields = {},
    travel = function() return nil, "too_large" end,
  },
  -- The body comes a few bytes at a time.
  drip = {
    applied = true,
    fields = {
      { name = "bytes", type = "number", required = true, positive = true },
      { name = "interval", type = "number", required = true, positive = true },
    },
    travel = function(fault, response) return (math.ceil(#response.body / fault.bytes) - 1) * fault.interval end,
  },
  -- The caller is sent elsewhere.
  redirect = {
    applied = false,
    fields = { fields.required "location", { name = "status", type = "number", positive = true } },
    reply = function(fault)
      return { status = fault.status or 307, headers = { location = fault.location }, body = "" }
    end,
  },
}

local COMMON = {
  fields.required "kind",
  { name = "times", type = "number", positive = true },
  fields.optional("match", "table"),
  fields.optional("applied", "boolean"),
}

local MATCH = { fields.optional "provider", fields.optional "operation" }

local function names_of(index)
  local names = {}
  for name in pairs(index) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

local function joined(first, second)
  local all = {}
  for _, list in ipairs { first, second } do
    for _, field in ipairs(list) do all[#all + 1] = field end
  end
  return all
end

---@param operations table<string, table<string, boolean>> operation names by provider
function faults.new(operations)
  return setmetatable({ operations = operations, waiting = {} }, faults)
end

local function match_problem(self, match)
  local problem = validate.arguments(MATCH, match, "field")
  if problem then return problem end
  local provider, operation = match.provider, match.operation
  if provider and not self.operations[provider] then
    return ("no provider %s; known: %s"):format(validate.quote(provider), names_of(self.operations))
  end
  if not operation then return nil end
  for name, operations in pairs(self.operations) do
    if (provider or name) == name and operations[operation] then return nil end
  end
  return "no operation " .. validate.quote(operation)
end

--- What is wrong with an order.
---@return string? problem
function faults:problem(fault)
  if type(fault) ~= "table" then return validate.arguments(COMMON, fault, "field") end
  local kind = KINDS[fault.kind]
  if not kind then return ("no kind %s; known: %s"):format(validate.quote(fault.kind), names_of(KINDS)) end
  local problem = fields.problem(joined(COMMON, kind.fields), fault, "field")
  return problem or fault.match and match_problem(self, fault.match)
end

--- Takes an order that has no problem.
function faults:order(given)
  local fault = {}
  for name, value in pairs(given) do fault[name] = value end
  if fault.applied == nil then fault.applied = KINDS[fault.kind].applied end
  fault.times = fault.times or 1
  self.waiting[#self.waiting + 1] = fault
end

local function matches(fault, provider, operation)
  local match = fault.match or {}
  return (not match.provider or match.provider == provider) and (not match.operation or match.operation == operation)
end

--- The fault that a request meets: the first one ordered that fits.
---@return kms.EmulatorFault?
function faults:take(provider, operation)
  for i, fault in ipairs(self.waiting) do
    if matches(fault, provider, operation) then
      fault.times = fault.times - 1
      if fault.times < 1 then table.remove(self.waiting, i) end
      return fault
    end
  end
end

--- The answer under a fault, with `fault` in it where its delivery is spoilt. When the request is not carried out and
--- the kind has no answer of its own, it is what the gateway says when the service behind it keeps silent.
---@return table response
function faults.respond(fault, provider, call)
  local kind = KINDS[fault.kind]
  local response = fault.applied and provider:answer(call) or provider.timeout(call)
  if kind.reply then response = kind.reply(fault, provider, call) end
  if kind.travel then response.fault = fault end
  return response
end

--- How a spoilt answer reaches a caller.
---@return number? seconds, string? code of the transport error
function faults.travel(response)
  return KINDS[response.fault.kind].travel(response.fault, response)
end

return faults
