---@meta kms.error

---@alias kms.ErrorKind
---| '"invalid"'     a value is not valid, or the call cannot be made here; nothing was sent
---| '"credentials"' there are no usable credentials; nothing was sent to KMS
---| '"transport"'   there is no complete response
---| '"service"'     the cloud returned an error; `code` is the cloud's own
---| '"protocol"'    the response is not what the API promises

--- An error value. `tostring(err)` is one line. See docs/errors.md.
---@class kms.Error
---@field kind kms.ErrorKind
---@field code string what happened, within the kind
---@field message string one line for people; the text may change
---@field provider "huawei"|"ncloud"|nil
---@field operation string? for example "rename_key"
---@field key string? id or tag of the key concerned
---@field status integer? HTTP status, if there was a response, or one of status 400 or above that broke off
---@field request_id string? the cloud's id of the request
---@field attempts integer? how many attempts were made; 0 if nothing was sent to KMS
---@field retryable boolean? the same call may succeed later
---@field throttled boolean? true if the cloud throttled the request: a quota is used up
---@field retry_after number? seconds for which the server asks to wait
---@field uncertain boolean the change may have been made although the call failed
---@field diff kms.SignatureDiff? a refused signature: the first line that the gateway signed differently
---@field warning string? something to repair that did not cause this error
---@field tried kms.TriedProvider[]? credentials: the providers that were asked, in order
---@field cause any? what lies beneath

---@class kms.SignatureDiff
---@field role string "method", "path", "query", "header <name>", "headers", "signed headers" or "payload hash"
---@field theirs string? the line of the gateway
---@field ours string? the line that was signed here

---@class kms.TriedProvider
---@field name string
---@field code string why it had nothing
---@field reason string one line for people

local Error = {}

--- Makes an error of `fields`, which it keeps. For transports and credential providers of your own.
---@param fields table fields of kms.Error
---@return kms.Error
function Error.new(fields) end

--- Returns whether a value is an error of this library. The same function as `kms.is_error`.
---@param value any
---@return boolean
function Error.is(value) end

return Error
