--- What the specs of kms.sign share: vectors, a sample request and how a refusal looks.

local cjson = require "cjson"
local Error = require "kms.error"

local signing = {}

function signing.vectors(name)
  local file = assert(io.open("spec/fixtures/" .. name .. ".json", "rb"))
  local text = file:read "*a"
  file:close()
  local content = cjson.decode(text)
  return content.vectors or content
end

--- YYYYMMDDThhmmssZ as Unix time. Counts days the long way: os.time speaks local time.
function signing.unix_time(date)
  local year, month, day, hour, minute, second = date:match "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$"
  local function leap(y) return (y % 4 == 0 and y % 100 ~= 0) or y % 400 == 0 end
  local days = day - 1
  for y = 1970, year - 1 do days = days + (leap(y) and 366 or 365) end
  local months = { 31, leap(tonumber(year)) and 29 or 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
  for m = 1, month - 1 do days = days + months[m] end
  return ((days * 24 + hour) * 60 + minute) * 60 + second
end

signing.credentials = { access_key = "AKEXAMPLE", secret_key = "SK-example-secret" }
signing.time = 1767323045

--- A request with `changes` in it; a change to `signing.none` takes the field out.
signing.none = {}
function signing.request(changes)
  local request = {
    method = "PUT", scheme = "https", host = "kms.example.com", path = "/v2/p/kms/keys/k",
    query = { { "b", "2" }, { "a", "1" } }, headers = { { "Content-Type", "application/json" } }, body = "{}",
  }
  for name, value in pairs(changes or {}) do
    request[name] = value
    if value == signing.none then request[name] = nil end
  end
  return request
end

--- Asserts that a call gave nil and an "invalid" error for `field` whose message says `words`.
function signing.assert_refused(field, words, result, err)
  assert(result == nil, "signed what should be refused for its " .. field)
  assert(Error.is(err), "not an error value: " .. tostring(err))
  assert(err.kind == "invalid" and err.code == field, tostring(err))
  assert(err.message:sub(1, #field) == field, err.message)
  assert(err.message:find(words, 1, true), ("%q does not say %q"):format(err.message, words))
  assert(not err.message:find "[%c\128-\255]", "unprintable: " .. err.message)
end

return signing
