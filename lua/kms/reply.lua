--- Reads the body of an answer: a JSON object, or the reason why it is none; and makes foreign text fit for an error.

local cjson = require "cjson.safe".new()

local reply = {}

local SNIPPET = 200 -- bytes of a body that a protocol error shows
local MESSAGE = 2000 -- bytes of a service's message that are kept: a gateway's canonical request still fits

--- Foreign text as one bounded, printable line. UTF-8 stays; control characters become spaces.
---@param text string
---@param limit integer? in bytes
---@return string
function reply.line(text, limit)
  limit = limit or MESSAGE
  local line = text:sub(1, limit):gsub("[%c\127]+", " ")
  -- a cut must not leave half a character behind
  if #text > limit then line = line:gsub("[\192-\255][\128-\191]*$", "") .. "…" end
  return line
end

--- The beginning of a body as ASCII for a protocol error: what it is, not all it says.
---@param body string
---@return string
function reply.snippet(body)
  local shown = body:sub(1, SNIPPET):gsub("%s+", " "):gsub("[^ -~]", "?")
  return ("%d bytes: %s%s"):format(#body, shown, #body > SNIPPET and "…" or "")
end

--- The body's JSON object.
---@param body string
---@return table? object, string? code, string? message a protocol error's code and message
function reply.object(body)
  if body == "" then return nil, "empty", "the answer has no body" end
  local value = cjson.decode(body)
  if value == nil then return nil, "not_json", "the answer is not JSON, " .. reply.snippet(body) end
  if type(value) ~= "table" or body:match "^%s*(.)" ~= "{" then
    return nil, "not_object", "the answer is not a JSON object, " .. reply.snippet(body)
  end
  return value
end

--- A service's code or message: a string, or a number written as one (some services send numeric codes).
---@return string?
function reply.text(value)
  if type(value) == "string" and value ~= "" then return reply.line(value) end
  if type(value) == "number" then return ("%.14g"):format(value) end
end

return reply
