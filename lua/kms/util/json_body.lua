--- Reads the body of an answer: a JSON object, or the reason why it is none; and makes foreign text fit for an error.

local cjson = require "cjson.safe".new()
local redact = require "kms.util.redact"

local reply = {}

local BRACE = ("{"):byte()
local SNIPPET = 200 -- bytes of a body that a protocol error shows
local MESSAGE = 2000 -- bytes of a service's message that are kept: a gateway's canonical request still fits

-- Characters that a terminal obeys in place of showing: C1 controls, and those that turn the direction of text around.
local OBEYED = { "\194[\128-\159]", "\226\128[\142\143\168-\174]", "\226\129[\166-\169]" }

--- Foreign text as one bounded, printable line. Other UTF-8 stays; control characters become spaces.
---@param text string
---@param limit integer? in bytes
---@return string
function reply.line(text, limit)
  limit = limit or MESSAGE
  local line = text:sub(1, limit):gsub("[%c\127]+", " ")
  for _, pattern in ipairs(OBEYED) do line = line:gsub(pattern, " ") end
  -- a cut must not leave half a character behind
  if #text > limit then line = line:gsub("[\192-\255][\128-\191]*$", "") .. "…" end
  return line
end

--- The beginning of a body as ASCII for a protocol error: what it is, not all it says.
---@param body string
---@param secrets string[] what must not show in it
---@return string
function reply.snippet(body, secrets)
  -- First without the secrets, then cut: a secret on the edge would lose only its end.
  local clean = redact.json(body, secrets)
  local shown = clean:sub(1, SNIPPET):gsub("%s+", " "):gsub("[^ -~]", "?")
  return ("%d bytes: %s%s"):format(#body, shown, #clean > SNIPPET and "…" or "")
end

--- The body's JSON object.
---@param body string
---@return table? object, string? code, string? message a protocol error's code and message
function reply.object(body)
  if body == "" then return nil, "empty", "the answer has no body" end
  local value = cjson.decode(body)
  if value == nil then return nil, "not_json", "the answer is not JSON" end
  if body:byte() ~= BRACE and not body:find "^%s*{" then -- what is JSON and begins so is an object
    return nil, "not_object", "the answer is not a JSON object"
  end
  return value
end

--- A service's code or message: a string, or a number written as one (some services send numeric codes).
---@return string? text as it came; for an error it wants redact.text and reply.line
function reply.text(value)
  if value == nil then return nil end
  local its_type = type(value)
  if its_type == "string" and value ~= "" then return value end
  if its_type == "number" then return ("%.14g"):format(value) end
end

return reply
