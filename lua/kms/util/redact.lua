--- Takes secrets out of foreign text: a gateway repeats signed headers in its message, the security token among them.

local redact = {}

local MARK = "[secret]"
local MAX_EXCERPT = 200 -- bytes of a body that a protocol error shows
local MAX_MESSAGE = 2000 -- bytes of a service's message that are kept: a gateway's canonical request still fits

-- Characters that a terminal obeys instead of showing: C1 controls, and those that change the direction of text.
local TERMINAL_CONTROLS = { "\194[\128-\159]", "\226\128[\142\143\168-\174]", "\226\129[\166-\169]" }

--- A header's name in any case.
local function any_case(name)
  return (name:gsub("%W", "%%%0"):gsub("%a", function(c) return "[" .. c:lower() .. c:upper() .. "]" end))
end

-- What carries a secret where a gateway prints a request, "|" standing for a line end: up to there it goes, for a value
-- that was cut short on its way is not the secret any more, and still most of it.
local CARRIERS = {
  "(" .. any_case "x-auth-token" .. "%s*:%s*)[^|\r\n]+",
  "(" .. any_case "x-security-token" .. "%s*:%s*)[^|\r\n]+",
  "(SDK%-HMAC%-%w+ )Access=[^|\r\n]+",
}

--- Replaces every occurrence of a text by the mark.
local function replace(text, secret)
  local parts, from = {}, 1
  local first, last = text:find(secret, from, true)
  while first do
    parts[#parts + 1] = text:sub(from, first - 1) .. MARK
    from = last + 1
    first, last = text:find(secret, from, true)
  end
  return table.concat(parts) .. text:sub(from)
end

-- The bytes that JSON writes with a backslash before them.
local SLASHED = { ["/"] = true, ['"'] = true, ["\\"] = true }

-- How a byte may be written, as patterns: percent-encoded or escaped in JSON, by those who embed one text in another
-- perhaps twice. The number of backslashes is bounded, for a run of them must not be looked at again and again.
local SPELLINGS = setmetatable({}, { __index = function(cache, c)
  local hex = any_case(("%02x"):format(c:byte()))
  local slashes = "^\\\\?\\?"
  cache[c] = { "^%%[25]*" .. hex, slashes .. "u00" .. hex, SLASHED[c] and slashes .. "%" .. c }
  return cache[c]
end })

--- The end of a secret that begins at a place of a text, each byte of it written in any way.
---@return integer?
local function ending(text, at, secret)
  for i = 1, #secret do
    local c, last = secret:sub(i, i), nil
    for _, spelling in ipairs(SPELLINGS[c]) do last = last or select(2, text:find(spelling, at)) end
    last = last or text:sub(at, at) == c and at
    if not last then return nil end
    at = last + 1
  end
  return at - 1
end

--- Replaces every occurrence of a secret of which some bytes are escaped.
local function replace_escaped(text, secret)
  if not text:find "[%%\\]" then return text end
  local first = secret:sub(1, 1)
  local beginning = "[%%\\" .. (first == "\0" and "%z" or first:gsub("%W", "%%%0")) .. "]"
  local parts, from, at = {}, 1, text:find(beginning)
  while at do
    local last = ending(text, at, secret)
    if last then
      parts[#parts + 1] = text:sub(from, at - 1) .. MARK
      from, at = last + 1, last
    end
    at = text:find(beginning, at + 1)
  end
  return table.concat(parts) .. text:sub(from)
end

--- A text without the secrets, be they as they are, percent-encoded, or escaped as in JSON.
---@param text string
---@param secrets string[]
---@return string
function redact.text(text, secrets)
  for _, secret in ipairs(secrets) do
    if secret ~= "" then text = replace_escaped(replace(text, secret), secret) end
  end
  for _, pattern in ipairs(CARRIERS) do text = text:gsub(pattern, "%1" .. MARK) end
  return text
end

--- A piece of a JSON text without the secrets, however they are escaped in it.
---@param text string
---@param secrets string[]
---@return string
function redact.json(text, secrets)
  local function character(digits) return string.char(tonumber(digits, 16)) end
  local plain = text:gsub("\\u00(%x%x)", character):gsub('\\([/"\\])', "%1")
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
