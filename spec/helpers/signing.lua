--- Helpers for the specs of kms.sign: vectors, a sample request, and the check of a validation error.

local cjson = require "cjson"
local Error = require "kms.error"

local signing = {}

--- Reads the vectors of spec/fixtures/NAME.json.
function signing.vectors(name)
  local file = assert(io.open("spec/fixtures/" .. name .. ".json", "rb"))
  local text = file:read "*a"
  file:close()
  local content = cjson.decode(text)
  return content.vectors or content
end

--- Converts YYYYMMDDThhmmssZ to Unix time. Counts days itself, because os.time uses local time.
function signing.unix_time(date)
  local year, month, day, hour, minute, second = date:match "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$"
  local function is_leap(y) return (y % 4 == 0 and y % 100 ~= 0) or y % 400 == 0 end
  local days = day - 1
  for y = 1970, year - 1 do days = days + (is_leap(y) and 366 or 365) end
  local months = { 31, is_leap(tonumber(year)) and 29 or 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
  for m = 1, month - 1 do days = days + months[m] end
  return ((days * 24 + hour) * 60 + minute) * 60 + second
end

--- Converts bytes to lower-case hex.
function signing.hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

signing.credentials = { access_key = "AKEXAMPLE", secret_key = "SK-example-secret" }
signing.time = 1767323045

--- Removes a field in `signing.request`.
signing.none = {}

--- Returns a sample request with `changes`.
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

--- Asserts that a call returned nil and an "invalid" error for `field`, and that its message contains `words`.
function signing.assert_invalid(field, words, result, err)
  assert(result == nil, "signed a request with an invalid " .. field)
  assert(Error.is(err), "not an error value: " .. tostring(err))
  assert(err.kind == "invalid" and err.code == field, tostring(err))
  assert(err.message:sub(1, #field) == field, err.message)
  assert(err.message:find(words, 1, true), ("%q does not contain %q"):format(err.message, words))
  assert(not err.message:find "[%c\128-\255]", "unprintable: " .. err.message)
end

return signing
