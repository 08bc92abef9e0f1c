--- What several targets share: fields of an input, secrets planted in it, and what every error must look like.

local Error = require "kms.error"

local support = {}

support.SECRETS = {
  secret_key = "Sk/9+q=\"Zr\\8~Wx&7-tY", security_token = "gQ/Token+5==_vB.2", token = "MIIx/Token+7==-aB|c",
}

local function percent(format)
  return function(secret) return (secret:gsub("%W", function(c) return format:format(c:byte()) end)) end
end

-- The ways in which a planted secret is written, by the byte that stands for it in an input.
local SPELLINGS = {
  ["\1"] = function(secret) return secret end,
  ["\2"] = percent "%%%02X",
  ["\3"] = percent "%%%02x",
  ["\4"] = percent "\\u%04x",
  ["\5"] = percent "\\u%04X",
  ["\6"] = function(secret) return (secret:gsub('[\\/"]', "\\%0")) end,
}

--- The fields of an input: what stands between bytes 0x1e.
---@param input string
---@return string[]
function support.fields(input)
  local fields = {}
  for field in (input .. "\30"):gmatch "([^\30]*)\30" do fields[#fields + 1] = field end
  return fields
end

--- An input with a secret in place of each byte that stands for one. No such byte remains.
---@param text string
---@param secret string
---@return string
function support.plant(text, secret)
  return (text:gsub("[\1-\6]", function(byte) return SPELLINGS[byte](secret) end))
end

local function character(digits) return string.char(tonumber(digits, 16)) end

-- A text as its readers would see it, one kind of escape undone, once.
local READINGS = {
  function(text) return text end,
  function(text) return (text:gsub("%%(%x%x)", character)) end,
  function(text) return (text:gsub("\\u00(%x%x)", character)) end,
  function(text) return (text:gsub('\\([/"\\])', "%1")) end,
}

--- Raises where a text holds a secret, as it is or escaped.
function support.assert_clean(text, secrets)
  for _, read in ipairs(READINGS) do
    local plain = read(text)
    for _, secret in pairs(secrets) do
      if plain:find(secret, 1, true) then error(("a secret in %q"):format(text), 0) end
    end
  end
end

local KINDS = { invalid = true, credentials = true, transport = true, service = true, protocol = true }

-- Fields of an error: whether it must be there, its type, the most bytes of a text.
local FIELDS = {
  { "kind", true, "string", 16 }, { "code", true, "string", 2100 }, { "message", true, "string", 5000 },
  { "provider", false, "string", 16 }, { "operation", false, "string", 64 }, { "request_id", false, "string", 2100 },
  { "status", false, "number" }, { "attempts", false, "number" }, { "uncertain", true, "boolean" },
  { "retryable", false, "boolean" }, { "diff", false, "table" }, { "warning", false, "string", 2100 },
  { "tried", false, "table" },
}

local function assert_line(text, most, secrets)
  if text:find "[%c\127]" then error(("not one printable line: %q"):format(text), 0) end
  if #text > most then error(("%d bytes, %d are promised: %q"):format(#text, most, text), 0) end
  support.assert_clean(text, secrets)
end

--- Every string in a table, at any depth.
local function assert_strings(value, secrets, depth)
  if type(value) == "string" then assert_line(value, 16500, secrets) end
  if type(value) ~= "table" then return end
  if depth > 4 then error("an error that is nested too deep", 0) end
  for name, member in pairs(value) do
    assert_strings(name, secrets, depth + 1)
    assert_strings(member, secrets, depth + 1)
  end
end

--- Raises unless a value is an error as the documentation promises it, with no secret in it.
---@param err any
---@param secrets table<any, string>
function support.assert_error(err, secrets)
  if not Error.is(err) then error("no kms.Error: " .. tostring(err), 0) end
  for _, row in ipairs(FIELDS) do
    local name, required, wanted, most = row[1], row[2], row[3], row[4]
    local value = err[name]
    if type(value) ~= wanted and (required or value ~= nil) then
      error(("%s is %s, not a %s"):format(name, tostring(value), wanted), 0)
    end
    if most and value then assert_line(value, most, secrets) end
  end
  if not KINDS[err.kind] then error("a kind of its own: " .. err.kind, 0) end
  assert_line(tostring(err), 12000, secrets)
  assert_strings(err, secrets, 0)
end

return support
