--- Makes foreign text fit for an error: without secrets, printable and bounded. A gateway, for example, repeats signed
--- headers in its message, the security token among them.

local ascii = require "kms.util.ascii"

local redact = {}

local MARK = "[secret]"
local MAX_EXCERPT = 200 -- bytes of a body that a protocol error shows
local MAX_MESSAGE = 2000 -- bytes of a service's message that are kept: a gateway's canonical request still fits

-- Characters that a terminal obeys instead of showing: C1 controls, and those that change the direction of text.
local TERMINAL_CONTROLS = { "\194[\128-\159]", "\226\128[\142\143\168-\174]", "\226\129[\166-\169]" }

--- Creates a pattern that matches a name in any case.
local function match_any_case(name)
  return (name:gsub("%W", "%%%0"):gsub("%a", function(c) return "[" .. ascii.lower(c) .. ascii.upper(c) .. "]" end))
end

-- Headers with a secret, as a gateway prints them; "|" is the end of a line. The whole value is removed, because a cut
-- value is no longer equal to the secret, and still most of it.
local SECRET_LINES = {
  "(" .. match_any_case "x-auth-token" .. "%s*:%s*)[^|\r\n]+",
  "(" .. match_any_case "x-security-token" .. "%s*:%s*)[^|\r\n]+",
  "(SDK%-HMAC%-%w+ )Access=[^|\r\n]+",
}

--- Replaces every literal occurrence of a secret.
local function replace_literal(text, secret)
  local parts, from = {}, 1
  local first, last = text:find(secret, from, true)
  while first do
    parts[#parts + 1] = text:sub(from, first - 1) .. MARK
    from = last + 1
    first, last = text:find(secret, from, true)
  end
  return table.concat(parts) .. text:sub(from)
end

-- The bytes that JSON may escape by a backslash.
local BACKSLASHED = { ["/"] = true, ['"'] = true, ["\\"] = true }

-- Patterns of the forms of a byte: percent-encoded or escaped in JSON, also twice. The number of backslashes is
-- bounded, so that a long run of them does not take quadratic time.
local SPELLINGS = setmetatable({}, { __index = function(cache, c)
  local hex = match_any_case(("%02x"):format(c:byte()))
  local slashes = "^\\\\?\\?"
  cache[c] = { "^%%[25]*" .. hex, slashes .. "u00" .. hex, BACKSLASHED[c] and slashes .. "%" .. c }
  return cache[c]
end })

--- Finds the end of a secret that begins at an index, each of its bytes in any form.
---@return integer?
local function find_secret_end(text, index, secret)
  for i = 1, #secret do
    local c, last = secret:sub(i, i), nil
    for _, spelling in ipairs(SPELLINGS[c]) do last = last or select(2, text:find(spelling, index)) end
    last = last or text:sub(index, index) == c and index
    if not last then return nil end
    index = last + 1
  end
  return index - 1
end

--- Replaces every occurrence of a secret of which some bytes are escaped.
local function replace_escaped(text, secret)
  if not text:find "[%%\\]" then return text end
  local first = secret:sub(1, 1)
  local beginning = "[%%\\" .. (first == "\0" and "%z" or first:gsub("%W", "%%%0")) .. "]"
  local parts, from, index = {}, 1, text:find(beginning)
  while index do
    local last = find_secret_end(text, index, secret)
    if last then
      parts[#parts + 1] = text:sub(from, index - 1) .. MARK
      from, index = last + 1, last
    end
    index = text:find(beginning, index + 1)
  end
  return table.concat(parts) .. text:sub(from)
end

--- Removes secrets from a text, be they literal, percent-encoded, or escaped as in JSON.
---@param text string
---@param secrets string[]
---@return string
function redact.text(text, secrets)
  for _, secret in ipairs(secrets) do
    if secret ~= "" then text = replace_escaped(replace_literal(text, secret), secret) end
  end
  for _, pattern in ipairs(SECRET_LINES) do text = text:gsub(pattern, "%1" .. MARK) end
  return text
end

--- Removes secrets from a piece of JSON text, after resolving its escapes.
---@param text string
---@param secrets string[]
---@return string
function redact.json(text, secrets)
  local function decode(digits) return string.char(tonumber(digits, 16)) end
  local plain = text:gsub("\\u00(%x%x)", decode):gsub('\\([/"\\])', "%1")
  return redact.text(plain, secrets)
end

--- Formats foreign text as one printable line of bounded length. Control characters become spaces; other UTF-8 stays.
---@param text string
---@param limit integer? in bytes; MAX_MESSAGE by default
---@return string
function redact.to_line(text, limit)
  limit = limit or MAX_MESSAGE
  local line = text:sub(1, limit):gsub("[%c\127]+", " ")
  for _, pattern in ipairs(TERMINAL_CONTROLS) do line = line:gsub(pattern, " ") end
  -- The cut must not leave a part of a character behind.
  if #text > limit then line = line:gsub("[\192-\255][\128-\191]*$", "") .. "…" end
  return line
end

--- Formats the beginning of a body as printable ASCII, for a protocol error.
---@param body string
---@param secrets string[] removed from the excerpt
---@return string
function redact.excerpt(body, secrets)
  -- Redact first, cut then: a cut secret would no longer be recognized.
  local clean = redact.json(body, secrets)
  local excerpt = clean:sub(1, MAX_EXCERPT):gsub("%s+", " "):gsub("[^ -~]", "?")
  return ("%d bytes: %s%s"):format(#body, excerpt, #clean > MAX_EXCERPT and "…" or "")
end

return redact
