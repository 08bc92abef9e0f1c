--- HTTP as the emulator reads and writes it: request targets, headers, routes, JSON answers, dates.

local cjson = require "cjson".new()
cjson.decode_invalid_numbers(false)

local http = {}

local function byte_of(hex) return string.char(tonumber(hex, 16)) end

--- Undoes percent-encoding. "+" is no space here: both clouds sign %20 for a space.
function http.decode(text)
  return (text:gsub("%%(%x%x)", byte_of))
end

--- Percent-encodes all but the unreserved characters of RFC 3986, section 2.3.
function http.encode(text)
  return (text:gsub("[^A-Za-z0-9%-_.~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- Cuts `text` at every `separator`, one character; empty pieces stay.
function http.split(text, separator)
  local pieces = {}
  for piece in (text .. separator):gmatch("(.-)%" .. separator) do pieces[#pieces + 1] = piece end
  return pieces
end

--- A request target as raw path segments, without the empty one before the first slash, and its query as it stands.
---@return string[] segments, string query
function http.target(target)
  local path, query = target:match "^/?([^?]*)%??(.*)$"
  local segments = http.split(path, "/")
  for i, segment in ipairs(segments) do segments[i] = http.decode(segment) end
  return segments, query
end

--- The value of a header, outer white space off, repeated ones joined with a comma (RFC 9110, section 5.3).
---@return string?
function http.header(request, name)
  local value
  for _, pair in ipairs(request.headers or {}) do
    if pair[1]:lower() == name then
      local text = pair[2]:match "^%s*(.-)%s*$"
      value = value and value .. "," .. text or text
    end
  end
  return value
end

local function parameters(template, segments)
  if #template ~= #segments then return nil end
  local found = {}
  for i, wanted in ipairs(template) do
    local name = wanted:match "^{(.*)}$"
    if name then
      found[name] = segments[i]
    elseif wanted ~= segments[i] then
      return nil
    end
  end
  return found
end

--- Finds the operation of a request.
---@param operations table[] rows with `method` and `path`, in which `{name}` stands for one segment
---@return table? row, table? params the segments by name; params alone when only the method is wrong
function http.route(operations, request)
  local segments = http.target(request.target)
  local known
  for _, row in ipairs(operations) do
    local params = parameters(http.split(row.path:sub(2), "/"), segments)
    if params and row.method == request.method then return row, params end
    known = known or params
  end
  return nil, known
end

--- The value of a query parameter, decoded; of a repeated one the first.
---@return string?
function http.parameter(request, name)
  local _, query = http.target(request.target)
  for _, piece in ipairs(http.split(query, "&")) do
    local key, value = piece:match "^([^=]*)=?(.*)$"
    if http.decode(key) == name then return http.decode(value) end
  end
end

local ARRAY = {}

--- Marks a list as one that JSON is to show as an array.
function http.array(list) return setmetatable(list, ARRAY) end

--- JSON text of a value. A list of {name, value} pairs becomes an object with its members in that order, http.array's
--- an array; cjson.null and scalars are as cjson has them.
function http.json(value)
  if type(value) ~= "table" then
    -- lua-cjson escapes every slash. The clouds do not, and a canonical request is easier to read without.
    return (cjson.encode(value):gsub("\\/", "/"))
  end
  local members = {}
  if getmetatable(value) == ARRAY then
    for i, member in ipairs(value) do members[i] = http.json(member) end
    return "[" .. table.concat(members, ",") .. "]"
  end
  for i, pair in ipairs(value) do members[i] = http.json(pair[1]) .. ":" .. http.json(pair[2]) end
  return "{" .. table.concat(members, ",") .. "}"
end

http.null = cjson.null

--- The object that a body holds.
---@return table? object nil when the body is no JSON object
function http.object(body)
  local ok, value = pcall(cjson.decode, body or "")
  -- A JSON array also becomes a table, with numbers as its keys; {} and [] look the same and are taken for objects.
  if ok and type(value) == "table" and value[1] == nil then return value end
end

--- Follows names into an object, as far as there are objects.
---@param object any
---@param path string names joined with dots
---@return any value
function http.at(object, path)
  for name in path:gmatch "[^.]+" do
    if type(object) ~= "table" then return nil end
    object = object[name]
  end
  return object
end

--- An answer with a JSON body.
function http.answer(status, value)
  return { status = status, headers = { ["content-type"] = "application/json" }, body = http.json(value) }
end

--- An answer with a plain text.
function http.text(status, text)
  return { status = status, headers = { ["content-type"] = "text/plain" }, body = text }
end

local DAYS = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

--- Unix time as a Date header has it (RFC 9110, section 5.6.7). Not by os.date alone: its names follow the locale.
function http.date(time)
  local t = os.date("!*t", math.floor(time))
  return ("%s, %02d %s %04d %02d:%02d:%02d GMT"):format(
    DAYS[t.wday], t.day, MONTHS[t.month], t.year, t.hour, t.min, t.sec)
end

--- Unix time as bodies have it (ISO 8601): "2026-01-02T03:04:05Z".
---@param fraction boolean? with six digits more, what is beyond them cut off: "2026-01-02T03:04:05.678900Z"
function http.timestamp(time, fraction)
  local seconds = math.floor(time)
  local micros = fraction and (".%06d"):format(math.floor((time - seconds) * 1e6)) or ""
  return os.date("!%Y-%m-%dT%H:%M:%S", seconds) .. micros .. "Z"
end

return http
