--- The error value: one table for every way a call can fail, readable by people and by programs.

---@alias kms.ErrorKind
---| '"invalid"'     refused here, no byte was sent; `code` is the field's name
---| '"credentials"' no usable credentials; `code` is `missing`, `invalid`, `unavailable`, `refused`, `expired`,
---                  `project` or `guarded`
---| '"transport"'   no answer: `code` is `timeout`, `dns`, `connect`, `tls`, `closed`, `too_large` or `other`
---| '"service"'     the cloud said no; `code` is the cloud's own, verbatim
---| '"protocol"'    the answer is not what the API promises; `code` is `empty`, `not_json`, `not_object`,
---                  `wrong_type` or `unknown`

---@class kms.Error
---@field kind kms.ErrorKind
---@field code string what to branch on, within `kind`
---@field message string one line for people; its wording may change
---@field provider string? `"huawei"` or `"ncloud"`
---@field operation string? for example `"rename_key"`
---@field status integer? HTTP status, when there was an answer
---@field request_id string? the cloud's id of the call: quote it to support
---@field attempts integer? attempts made; 0 when refused here
---@field retryable boolean? the same call may succeed later
---@field uncertain boolean the change may have been made although the call failed
---@field diff kms.Diff? a refused signature: the first line that the gateway signed otherwise (Huawei Cloud)
---@field warning string? what the user of the credentials should see to, as in a result
---@field tried table[]? credentials: what was tried, in order: `name`, `code`, `reason`
---@field cause any? what lies beneath: for transport errors `{ code = integer, message = string }`

local Error = {}

local metatable = { __name = "kms.error" }

--- One line: who, what, why, and what to quote to support.
function metatable.__tostring(err)
  local call = err.operation and (err.provider or "kms") .. " " .. err.operation or err.provider or "kms"
  local parts = { call, ": ", tostring(err.kind), " error" }
  if err.code then parts[#parts + 1] = " " .. tostring(err.code) end
  parts[#parts + 1] = ": " .. tostring(err.message)
  local notes = {}
  if err.status then notes[#notes + 1] = ("HTTP %d"):format(err.status) end
  if err.request_id then notes[#notes + 1] = "request id " .. err.request_id end
  if (err.attempts or 0) > 1 then notes[#notes + 1] = ("%d attempts"):format(err.attempts) end
  if err.uncertain then notes[#notes + 1] = "the change may have been made" end
  if #notes > 0 then parts[#parts + 1] = " (" .. table.concat(notes, ", ") .. ")" end
  return table.concat(parts)
end

function metatable.__concat(left, right)
  return tostring(left) .. tostring(right)
end

Error.metatable = metatable

--- Makes an error of `fields`, which is kept, not copied.
---@param fields table the fields of kms.Error
---@return kms.Error
function Error.new(fields)
  fields.uncertain = fields.uncertain or false
  return setmetatable(fields, metatable)
end

--- Whether a value is an error of this module, C parts included.
---@param value any
---@return boolean
function Error.is(value)
  return type(value) == "table" and getmetatable(value) == metatable
end

return Error
