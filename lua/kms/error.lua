--- The error value: one table for every way in which a call can fail, readable by people and by programs.

---@alias kms.ErrorKind
---| '"invalid"'     a value is not valid, and nothing was sent; `code` is the name of the param or option
---| '"credentials"' there are no usable credentials; `code` is `missing`, `invalid`, `unavailable`, `refused`,
---                  `expired`, `project` or `guarded`
---| '"transport"'   there is no response; `code` is one of kms.transport.errors
---| '"service"'     the cloud refused the request; `code` is the cloud's own, verbatim
---| '"protocol"'    the response is not what the API documents; `code` is `empty`, `not_json`, `not_object`,
---                  `wrong_type` or `unknown`

---@class kms.Error
---@field kind kms.ErrorKind
---@field code string for programs, within `kind`
---@field message string one line for people; its wording may change
---@field provider string? `"huawei"` or `"ncloud"`
---@field operation string? for example `"rename_key"`
---@field status integer? HTTP status, if there was a response
---@field request_id string? the cloud's id of the request, for its support
---@field attempts integer? attempts made; 0 if nothing was sent
---@field retryable boolean? the same call may succeed later
---@field uncertain boolean the change may have been made although the call failed
---@field diff kms.Diff? of a refused signature: the first line that the gateway signed otherwise (Huawei Cloud)
---@field warning string? as in a result
---@field tried table[]? of kind "credentials": the credential providers in order, each with `name`, `code`, `reason`
---@field cause any? the error beneath; of a transport error `{ code = integer?, message = string }`

local Error = {}

local metatable = { __name = "kms.error" }

--- Formats the error as one line: operation, kind, code, message, and the ids to quote.
function metatable.__tostring(err)
  local operation = err.operation and (err.provider or "kms") .. " " .. err.operation or err.provider or "kms"
  local parts = { operation, ": ", tostring(err.kind), " error" }
  if err.code then parts[#parts + 1] = " " .. tostring(err.code) end
  parts[#parts + 1] = ": " .. tostring(err.message)
  local details = {}
  if err.status then details[#details + 1] = ("HTTP %d"):format(err.status) end
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
