--- Decodes the JSON object in a response body.

local cjson = require "cjson.safe".new()

local json_body = {}

local BRACE = ("{"):byte()

--- Decodes a body that must be a JSON object.
---@param body string
---@return table? object, string? code, string? message code and message of a protocol error
function json_body.decode(body)
  if body == "" then return nil, "empty", "the response has no body" end
  local value = cjson.decode(body)
  if value == nil then return nil, "not_json", "the response body is not JSON" end
  if body:byte() ~= BRACE and not body:find "^%s*{" then -- JSON that begins with a brace is an object
    return nil, "not_object", "the response body is not a JSON object"
  end
  return value
end

--- Converts an error code or message to text. Some services send numeric codes.
---@param value any
---@return string? text nil for anything but a number or a string that is not empty. It is foreign text: an error may
---  show it only after redact.text and redact.to_line
function json_body.to_text(value)
  if value == nil then return nil end
  local value_type = type(value)
  if value_type == "string" and value ~= "" then return value end
  if value_type == "number" then return ("%.14g"):format(value) end
end

return json_body
