--- The letter of a signed request, written a second time and apart from csrc: what may be sent, and as which bytes.
--- Plain rather than fast.

local canonical = {}

local UNRESERVED = "^[A-Za-z0-9._~-]$" -- RFC 3986, section 2.3
local LIMIT = 32 * 1024 -- of a target: the gateway's own

--- Whether a text is UTF-8 without NUL: Lua's own decoder says so, which refuses overlong forms, surrogates and what is
--- above U+10FFFF.
local function is_text(text)
  return utf8.len(text) ~= nil and not text:find("\0", 1, true) -- luacheck: globals utf8
end

--- Percent-encoding, a byte at a time; nil where the text cannot be sent.
local function encode(text)
  if not is_text(text) then return nil end
  local out = {}
  for i = 1, #text do
    local c = text:sub(i, i)
    out[i] = c:find(UNRESERVED) and c or ("%%%02X"):format(c:byte())
  end
  return table.concat(out)
end

--- RFC 3986, section 5.2.4, step by step as it stands there.
local function remove_dot_segments(input)
  local output = ""
  while input ~= "" do
    if input:find "^/%./" then
      input = input:sub(3)
    elseif input == "/." then
      input = "/"
    elseif input:find "^/%.%./" or input == "/.." then
      input = "/" .. input:sub(5)
      output = output:match "^(.*)/[^/]*$" or ""
    else
      local segment, rest = input:match "^(/[^/]*)(.*)$"
      output, input = output .. segment, rest
    end
  end
  return output
end

local function path_of_text(text)
  if text == "" then text = "/" end
  if text:sub(1, 1) ~= "/" then return nil end
  -- Segments that are dropped again are sent nowhere, but must be text like the others.
  if not is_text(text) then return nil end
  local segments = {}
  for segment in remove_dot_segments(text):gmatch "/([^/]*)" do segments[#segments + 1] = encode(segment) end
  return "/" .. table.concat(segments, "/")
end

local function path_of_segments(list)
  local out = {}
  for i, segment in ipairs(list) do
    local encoded = segment ~= "" and segment ~= "." and segment ~= ".." and encode(segment)
    if not encoded then return nil end
    out[i] = encoded
  end
  return "/" .. table.concat(out, "/")
end

--- Pairs in the order given.
local function query_of(pairs_of)
  local out = {}
  for i, pair in ipairs(pairs_of) do
    local name, value = encode(pair[1]), encode(pair[2])
    if not name or not value then return nil end
    out[i] = name .. "=" .. value
  end
  return table.concat(out, "&")
end

--- The request target.
---@param path string|string[]
---@param query string[][]
---@return string? target nil where it must be refused
function canonical.target(path, query)
  local encoded = type(path) == "table" and path_of_segments(path) or type(path) == "string" and path_of_text(path)
  local asked = query_of(query)
  if not encoded or not asked then return nil end
  local target = #query > 0 and encoded .. "?" .. asked or encoded
  return #target <= LIMIT and target or nil
end

--- Order by the values of the bytes: Lua's own follows the locale.
local function before(left, right)
  for i = 1, math.min(#left, #right) do
    if left:byte(i) ~= right:byte(i) then return left:byte(i) < right:byte(i) end
  end
  return #left < #right
end

--- Huawei's canonical query: ordered before it is encoded.
---@return string?
function canonical.query(query)
  local sorted = {}
  for i, pair in ipairs(query) do sorted[i] = pair end
  table.sort(sorted, function(left, right)
    if left[1] ~= right[1] then return before(left[1], right[1]) end
    return before(left[2], right[2])
  end)
  return query_of(sorted)
end

local function is_value(text)
  return #text <= LIMIT and not text:find "[%z\1-\8\10-\31\127]"
end

local function trim(text)
  return text:match "^[ \t]*(.*[^ \t])" or ""
end

local TOKEN = "^[!#$%%&'*+%-.^_`|~0-9A-Za-z]+$"

--- The headers that are signed, by lower-case name with outer white space off.
---@param request table
---@param token string?
---@param date string X-Sdk-Date where the request has none
---@return table<string, string>? headers nil where they must be refused
function canonical.headers(request, token, date)
  local headers = {}
  for _, pair in ipairs(request.headers) do
    local name = pair[1]:lower()
    if not pair[1]:find(TOKEN) or not is_value(pair[2]) or headers[name] or name == "authorization" then return nil end
    headers[name] = trim(pair[2])
  end
  headers.host = headers.host or request.host
  headers["x-sdk-date"] = headers["x-sdk-date"] or date
  if not headers.host:find "^[!-~]+$" or headers.host:find "[/?#@\\]" then return nil end
  if not headers["x-sdk-date"]:find("^" .. ("%d"):rep(8) .. "T" .. ("%d"):rep(6) .. "Z$") then return nil end
  if token and not token:find "^[!-~]+$" then return nil end
  if token and headers["x-security-token"] and headers["x-security-token"] ~= token then return nil end
  headers["x-security-token"] = token or headers["x-security-token"]
  return headers
end

--- Whether a method may be signed.
function canonical.is_method(text)
  return #text <= 32 and text:find(TOKEN) ~= nil
end

return canonical
