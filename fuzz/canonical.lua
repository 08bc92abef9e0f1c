--- Second implementation of the canonical request, independent of csrc. Simple rather than fast.

local canonical = {}

local UNRESERVED = "^[A-Za-z0-9._~-]$" -- RFC 3986, section 2.3
local LIMIT = 32 * 1024 -- of a target, and of a header value

--- Whether a text is UTF-8 without NUL. Lua's decoder refuses overlong forms, surrogates and everything above U+10FFFF.
local function is_text(text)
  return utf8.len(text) ~= nil and not text:find("\0", 1, true) -- luacheck: globals utf8
end

--- Percent-encodes a text; nil if it is not valid.
local function encode(text)
  if not is_text(text) then return nil end
  local out = {}
  for i = 1, #text do
    local c = text:sub(i, i)
    out[i] = c:find(UNRESERVED) and c or ("%%%02X"):format(c:byte())
  end
  return table.concat(out)
end

--- RFC 3986 section 5.2.4, step by step.
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

local function encode_path_text(text)
  if text == "" then text = "/" end
  if text:sub(1, 1) ~= "/" then return nil end
  -- Segments that ".." removes must be valid too.
  if not is_text(text) then return nil end
  local segments = {}
  for segment in remove_dot_segments(text):gmatch "/([^/]*)" do segments[#segments + 1] = encode(segment) end
  return "/" .. table.concat(segments, "/")
end

local function encode_path_segments(list)
  local out = {}
  for i, segment in ipairs(list) do
    local encoded = segment ~= "" and segment ~= "." and segment ~= ".." and encode(segment)
    if not encoded then return nil end
    out[i] = encoded
  end
  return "/" .. table.concat(out, "/")
end

--- Encodes pairs in their order.
local function encode_query(query)
  local out = {}
  for i, pair in ipairs(query) do
    local name, value = encode(pair[1]), encode(pair[2])
    if not name or not value then return nil end
    out[i] = name .. "=" .. value
  end
  return table.concat(out, "&")
end

--- Builds the request target.
---@param path string|string[]
---@param query string[][]
---@return string? target nil if kms.sign must refuse it
function canonical.build_target(path, query)
  local encode_path = type(path) == "table" and encode_path_segments or encode_path_text
  local encoded = encode_path(path)
  local encoded_query = encode_query(query)
  if not encoded or not encoded_query then return nil end
  local target = #query > 0 and encoded .. "?" .. encoded_query or encoded
  return #target <= LIMIT and target or nil
end

--- Compares the values of bytes, because Lua's comparison follows the locale.
local function is_before(left, right)
  for i = 1, math.min(#left, #right) do
    if left:byte(i) ~= right:byte(i) then return left:byte(i) < right:byte(i) end
  end
  return #left < #right
end

--- Builds Huawei Cloud's canonical query: sorted, then encoded.
---@return string?
function canonical.build_query(query)
  local sorted = {}
  for i, pair in ipairs(query) do sorted[i] = pair end
  table.sort(sorted, function(left, right)
    if left[1] ~= right[1] then return is_before(left[1], right[1]) end
    return is_before(left[2], right[2])
  end)
  return encode_query(sorted)
end

local function is_value(text)
  return #text <= LIMIT and not text:find "[%z\1-\8\10-\31\127]"
end

local function trim(text)
  return text:match "^[ \t]*(.*[^ \t])" or ""
end

local TOKEN = "^[!#$%%&'*+%-.^_`|~0-9A-Za-z]+$"

--- Builds the signed headers: trimmed values by lower-case name.
---@param request table
---@param token string?
---@param date string X-Sdk-Date if the request has none
---@return table<string, string>? headers nil if kms.sign must refuse them
function canonical.build_headers(request, token, date)
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
