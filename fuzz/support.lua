--- Shared by the targets: splits an input into fields, plants secrets in it, and checks errors.

local Error = require "kms.error"

local support = {}

support.SECRETS = {
  secret_key = "Sk/9+q=\"Zr\\8~Wx&7-tY", security_token = "gQ/Token+5==_vB.2", token = "MIIx/Token+7==-aB|c",
}

local function percent(format)
  return function(secret) return (secret:gsub("%W", function(c) return format:format(c:byte()) end)) end
end

-- Encodings of a planted secret, by the byte that is its placeholder in an input.
local SPELLINGS = {
  ["\1"] = function(secret) return secret end,
  ["\2"] = percent "%%%02X",
  ["\3"] = percent "%%%02x",
  ["\4"] = percent "\\u%04x",
  ["\5"] = percent "\\u%04X",
  ["\6"] = function(secret) return (secret:gsub('[\\/"]', "\\%0")) end,
}

--- Splits an input at bytes 0x1e.
---@param input string
---@return string[]
function support.fields(input)
  local fields = {}
  for field in (input .. "\30"):gmatch "([^\30]*)\30" do fields[#fields + 1] = field end
  return fields
end

--- Replaces each placeholder by the secret.
---@param text string
---@param secret string
---@return string
function support.plant(text, secret)
  return (text:gsub("[\1-\6]", function(byte) return SPELLINGS[byte](secret) end))
end

local function character(digits) return string.char(tonumber(digits, 16)) end

-- One function per kind of escape, which decodes a text once.
local DECODERS = {
  function(text) return text end,
  function(text) return (text:gsub("%%(%x%x)", character)) end,
  function(text) return (text:gsub("\\u00(%x%x)", character)) end,
  function(text) return (text:gsub('\\([/"\\])', "%1")) end,
}

--- Raises an error if a text contains a secret, plain or escaped.
function support.assert_clean(text, secrets)
  for _, decode in ipairs(DECODERS) do
    local plain = decode(text)
    for _, secret in pairs(secrets) do
      if plain:find(secret, 1, true) then error(("a secret in %q"):format(text), 0) end
    end
  end
end

local KINDS = { invalid = true, credentials = true, transport = true, service = true, protocol = true }

-- One row per field of an error: name, whether it is required, type, maximum length of a text.
local FIELDS = {
  { "kind", true, "string", 16 }, { "code", true, "string", 2100 }, { "message", true, "string", 5000 },
  { "provider", false, "string", 16 }, { "operation", false, "string", 64 }, { "request_id", false, "string", 2100 },
  { "status", false, "number" }, { "attempts", false, "number" }, { "uncertain", true, "boolean" },
  { "retryable", false, "boolean" }, { "diff", false, "table" }, { "warning", false, "string", 2100 },
  { "tried", false, "table" },
}

local function assert_line(text, max_length, secrets)
  if text:find "[%c\127]" then error(("not one printable line: %q"):format(text), 0) end
  if #text > max_length then error(("%d bytes, at most %d are allowed: %q"):format(#text, max_length, text), 0) end
  support.assert_clean(text, secrets)
end

--- Checks every string in a table, at any depth.
local function assert_strings(value, secrets, depth)
  if type(value) == "string" then assert_line(value, 16500, secrets) end
  if type(value) ~= "table" then return end
  if depth > 4 then error("the error is nested too deep", 0) end
  for name, member in pairs(value) do
    assert_strings(name, secrets, depth + 1)
    assert_strings(member, secrets, depth + 1)
  end
end

--- Raises an error unless a value is a documented error without a secret.
---@param err any
---@param secrets table<any, string>
function support.assert_error(err, secrets)
  if not Error.is(err) then error("not a kms.Error: " .. tostring(err), 0) end
  for _, row in ipairs(FIELDS) do
    local name, is_required, expected_type, max_length = row[1], row[2], row[3], row[4]
    local value = err[name]
    if type(value) ~= expected_type and (is_required or value ~= nil) then
      error(("%s must be a %s, got %s"):format(name, expected_type, tostring(value)), 0)
    end
    if max_length and value then assert_line(value, max_length, secrets) end
  end
  if not KINDS[err.kind] then error("unknown kind: " .. err.kind, 0) end
  assert_line(tostring(err), 12000, secrets)
  assert_strings(err, secrets, 0)
end

return support
