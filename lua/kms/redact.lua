--- Takes secrets out of foreign text: a gateway repeats signed headers in its message, the security token among them.

local redact = {}

local MARK = "[secret]"

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

local function percent(c) return ("%%%02X"):format(c:byte()) end

--- A text without the secrets, be they as they are or percent-encoded.
---@param text string
---@param secrets string[]
---@return string
function redact.text(text, secrets)
  for _, secret in ipairs(secrets) do
    text = replace(text, secret)
    local encoded = secret:gsub("[^A-Za-z0-9._~-]", percent)
    if encoded ~= secret then text = replace(text, encoded) end
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

return redact
