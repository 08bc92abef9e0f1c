--- The error value: one table for every way in which a call can fail, readable by people and by programs.

-- The fields are described in types/kms/error.lua. `kind` is one of these:
--   invalid       a value is not valid, and nothing was sent; `code` is the name of the param or option, or
--                 phase: NGINX cannot wait in the phase of the call; coroutine: its coroutine cannot be suspended
--   credentials   there are no usable credentials; `code` is missing, invalid, unavailable, refused, expired, project
--                 or guarded
--   transport     there is no response; `code` is one of kms.transport.error_codes
--   service       the cloud refused the request; `code` is the cloud's own, verbatim
--   protocol      the response is not what the API documents; `code` is empty, not_json, not_object, wrong_type,
--                 mismatch (it is the response to another request), repeated_page or unknown

local Error = {}

local metatable = { __name = "kms.error" }

--- Formats the error as one line: operation, key, kind, code, message, and the ids to quote.
function metatable.__tostring(err)
  local operation = err.operation and (err.provider or "kms") .. " " .. err.operation or err.provider or "kms"
  if err.key then operation = operation .. " " .. err.key end
  local parts = { operation, ": ", tostring(err.kind), " error" }
  if err.code then parts[#parts + 1] = " " .. tostring(err.code) end
  parts[#parts + 1] = ": " .. tostring(err.message)
  local details = {}
  if err.status then details[#details + 1] = ("HTTP %.0f"):format(err.status) end
  if err.request_id then details[#details + 1] = "request id " .. err.request_id end
  if (err.attempts or 0) > 1 then details[#details + 1] = ("%d attempts"):format(err.attempts) end
  if err.uncertain then details[#details + 1] = "the change may have been made" end
  if #details > 0 then parts[#parts + 1] = " (" .. table.concat(details, ", ") .. ")" end
  return table.concat(parts)
end

function metatable.__concat(left, right)
  return tostring(left) .. tostring(right)
end

Error.metatable = metatable

--- Creates an error from a table, which becomes the error.
---@param fields table the fields of kms.Error
---@return kms.Error
function Error.new(fields)
  fields.uncertain = fields.uncertain or false
  return setmetatable(fields, metatable)
end

--- Returns whether a value is an error of this module, C parts included.
---@param value any
---@return boolean
function Error.is(value)
  return type(value) == "table" and getmetatable(value) == metatable
end

return Error
