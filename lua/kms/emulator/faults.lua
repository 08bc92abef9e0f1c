--- Faults: which kinds there are, which request receives the next one, and how it changes the response.

local ascii = require "kms.util.ascii"
local validate = require "kms.util.validate"
local json = require "kms.emulator.json"
local schema = require "kms.emulator.schema"
local time = require "kms.emulator.time"

local faults = {}
faults.__index = faults

local BAD_GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
  .. "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"

local function lower_names(headers)
  local lower = {}
  for name, value in pairs(headers or {}) do lower[ascii.lower(name)] = value end
  return lower
end

-- The emulator's time must stay a date.
local SECONDS = {
  text = "a number of seconds, at most 2147483647",
  test = function(value) return value <= 2 ^ 31 - 1 end,
}

local function positive_number(name, is_required)
  return { name = name, type = "number", required = is_required, positive = true, rule = SECONDS }
end

local whole_number = schema.whole_number

local MAX_COUNT = 2 ^ 31 - 1

-- NGINX sends a status below 200 as an interim response.
local function status_field(is_required) return whole_number("status", 200, 599, is_required) end

local function is_header(name, value)
  return type(name) == "string" and name:find "^[%w!#$%%&'*+.^_`|~-]+$" ~= nil
    and type(value) == "string" and not value:find "[\r\n]" and not value:find("\0", 1, true)
end

local HEADERS = schema.optional("headers", "table")
HEADERS.rule = {
  text = "a table of header names and values, strings without line breaks",
  test = function(headers)
    for name, value in pairs(headers) do
      if not is_header(name, value) then return false end
    end
    return true
  end,
}

-- Replaces the value of a member in the JSON that kms.emulator.json wrote.
local function replace_member(text, member, value)
  local pattern = '(' .. json.encode(member):gsub("%p", "%%%0") .. ':)"[^"]*"'
  return (text:gsub(pattern, function(name) return name .. json.encode(value) end))
end

-- `fields` describes the fields of a kind, and `applied` is the default of that field. `respond(fault, service, call)`
-- returns a response instead of the cloud's own; `change(fault, response)` changes the cloud's own. `deliver(fault,
-- response)` is for the kinds that disturb the delivery: it returns the seconds that the delivery takes, or nil and the
-- code of the transport error that follows.
local KINDS = {
  -- The response is late.
  delay = {
    applied = true,
    fields = { positive_number("seconds", true) },
    deliver = function(fault) return fault.seconds end,
  },
  -- Any response.
  status = {
    applied = false,
    fields = { status_field(true), HEADERS, schema.optional "body" },
    respond = function(fault)
      return { status = fault.status, headers = lower_names(fault.headers), body = fault.body or "" }
    end,
  },
  -- The HTML page of a proxy.
  bad_gateway = {
    applied = false,
    fields = {},
    respond = function() return { status = 502, headers = { ["content-type"] = "text/html" }, body = BAD_GATEWAY } end,
  },
  -- The cloud's own response, and more bytes after its JSON value.
  append = {
    applied = true,
    fields = { schema.required "text" },
    change = function(fault, response) response.body = response.body .. fault.text end,
  },
  -- The cloud's own response with another value of a member, for example that of another key.
  rewrite = {
    applied = true,
    fields = { schema.required "member", schema.required "value" },
    change = function(fault, response) response.body = replace_member(response.body, fault.member, fault.value) end,
  },
  -- Status 429 with the body of the cloud. Retry-After is a number of seconds, or a date in one of the three formats of
  -- RFC 9110, section 5.6.7.
  throttled = {
    applied = false,
    fields = {
      whole_number("retry_after", 0, MAX_COUNT),
      schema.choice("retry_after_format", { "seconds", "imf", "rfc850", "asctime" }),
    },
    respond = function(fault, service, call)
      local response = service.throttled(call)
      local seconds, format = fault.retry_after or 1, fault.retry_after_format or "seconds"
      response.headers["retry-after"] = format == "seconds" and ("%d"):format(seconds)
        or time.format_http(call.now + seconds, format)
      return response
    end,
  },
  -- The connection closes before the first byte of the response.
  close_before = {
    applied = false,
    fields = {},
    deliver = function() return nil, "closed" end,
  },
  -- The connection closes within the response.
  close_within = {
    applied = true,
    fields = { schema.choice("part", { "head", "body" }) },
    deliver = function() return nil, "closed" end,
  },
  -- The body has no end.
  endless = {
    applied = true,
    fields = {},
    deliver = function() return nil, "too_large" end,
  },
  -- The body arrives in small pieces.
  drip = {
    applied = true,
    fields = { whole_number("bytes", 1, MAX_COUNT, true), positive_number("interval", true) },
    deliver = function(fault, response) return (math.ceil(#response.body / fault.bytes) - 1) * fault.interval end,
  },
  -- A redirect.
  redirect = {
    applied = false,
    fields = { schema.required "location", status_field() },
    respond = function(fault)
      return { status = fault.status or 307, headers = { location = fault.location }, body = "" }
    end,
  },
}

-- The fields of all kinds. `applied` says whether the request is carried out before the fault changes the response.
local COMMON = {
  schema.required "kind",
  whole_number("times", 1, MAX_COUNT),
  schema.optional("match", "table"),
  schema.optional("applied", "boolean"),
}

local MATCH = { schema.optional "provider", schema.optional "operation" }

local function join_names(index)
  local names = {}
  for name in pairs(index) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

local function concat_lists(first, second)
  local all = {}
  for _, list in ipairs { first, second } do
    for _, member in ipairs(list) do all[#all + 1] = member end
  end
  return all
end

---@param chance table? kms.emulator.chance
function faults.new(chance) return setmetatable({ chance = chance, pending = {} }, faults) end

local function find_match_problem(services, match)
  local problem = validate.arguments(MATCH, match, "field")
  if problem then return problem end
  local provider, operation = match.provider, match.operation
  if provider and not services[provider] then
    return ("match.provider must be one of %s; got %s"):format(join_names(services), validate.quote(provider))
  end
  if not operation then return nil end
  for name, service in pairs(services) do
    if (provider or name) == name and service.operations[operation] then return nil end
  end
  return ("match.operation must be an operation of %s; got %s"):format(
    provider or join_names(services), validate.quote(operation))
end

--- Finds the first problem of a fault.
---@param services table<string, kms.EmulatorService> by provider
---@param fault any
---@return string? problem
function faults.find_problem(services, fault)
  if type(fault) ~= "table" then return validate.arguments(COMMON, fault, "field") end
  local kind = KINDS[fault.kind]
  if not kind then return ("kind must be one of %s; got %s"):format(join_names(KINDS), validate.quote(fault.kind)) end
  local problem = schema.find_problem(concat_lists(COMMON, kind.fields), fault, "field")
  return problem or fault.match and find_match_problem(services, fault.match)
end

-- Copies a fault and adds the defaults.
local function prepare(fault)
  local copy = {}
  for name, value in pairs(fault) do copy[name] = value end
  if copy.applied == nil then copy.applied = KINDS[copy.kind].applied end
  copy.times = copy.times or 1
  return copy
end

--- Adds a fault that has no problem. The table is copied.
---@param fault kms.EmulatorFault
function faults:add(fault) self.pending[#self.pending + 1] = prepare(fault) end

local function matches(fault, provider, operation)
  local match = fault.match or {}
  return (not match.provider or match.provider == provider) and (not match.operation or match.operation == operation)
end

-- Draws a fault for each request, also for one that receives another fault, so that those do not change the others.
local function draw(self, provider, operation)
  local fault = self.chance and self.chance:draw_fault()
  return fault and matches(fault, provider, operation) and prepare(fault) or nil
end

--- Takes the fault of a request: the first one added that matches it, or else one that chance gives.
---@param provider string
---@param operation string? nil when the request has none
---@return kms.EmulatorFault?
function faults:take(provider, operation)
  local drawn = draw(self, provider, operation)
  for i, fault in ipairs(self.pending) do
    if matches(fault, provider, operation) then
      fault.times = fault.times - 1
      if fault.times < 1 then table.remove(self.pending, i) end
      return fault
    end
  end
  return drawn
end

--- Returns the response under a fault. Its field `fault` is set when the delivery is disturbed. When the request is not
--- carried out and the kind has no response of its own, the response is the timeout of the gateway.
---@param fault kms.EmulatorFault
---@param service kms.EmulatorService
---@param call kms.EmulatorCall
---@return table response
function faults.respond(fault, service, call)
  local kind = KINDS[fault.kind]
  local response = fault.applied and service:handle(call) or service.timeout(call)
  if kind.respond then response = kind.respond(fault, service, call) end
  if kind.change then kind.change(fault, response) end
  if kind.deliver then response.fault = fault end
  return response
end

--- Returns how a disturbed response reaches the caller.
---@param response table
---@return number? seconds
---@return string? code of the transport error
function faults.deliver(response)
  return KINDS[response.fault.kind].deliver(response.fault, response)
end

return faults
