---@meta kms.bulk

--- Changes many keys with a plan, a pace, a journal and a known outcome for every key. See docs/bulk.md.
---@class kms.bulk
---@overload fun(options: kms.bulk.Options): kms.bulk.Run?, kms.Error?
local bulk = {}

---@class kms.bulk.Options
---@field client kms.Huawei|kms.Ncloud
---@field operation string? an operation that may be repeated; default: that of the journal
---@field items (string|table)[]|(fun(): string|table|nil, integer?, string?)|nil params of each item, or ids or tags of
---  keys; a function may return the number of the item too, and what is wrong with it. Default: those of the journal
---@field params table? params that all items have
---@field journal string? path of a file
---@field undoes string? path of the journal of the run that this one takes back
---@field concurrency integer? requests at once, at most; default 64
---@field rate number? requests per second, at most
---@field attempts integer? requests per item, without throttled ones; default 8
---@field stop_after integer|false|nil failures in a row after which the run stops; default 10, or a tenth of all items
---@field verify boolean|kms.Huawei|nil false: reads nothing and leaves doubts open. A client: the target region's
---@field on_progress (fun(event: kms.bulk.Progress))?

---@class kms.bulk.Counts
---@field total integer items
---@field done integer changed
---@field already integer were as wanted before
---@field inferred integer of `already`: not proven
---@field failed integer not changed
---@field uncertain integer the change may have been made
---@field not_tried integer

---@alias kms.bulk.StopCode
---| "requested"|"credentials"|"unreachable"|"forbidden"|"unavailable"|"protocol"|"invalid"|"target"|"failures"
---| "throttled"|"journal"|"error"

---@class kms.bulk.Stop
---@field code kms.bulk.StopCode
---@field message string

---@class kms.bulk.Error
---@field code string?
---@field message string
---@field hint string? what to check
---@field uncertain boolean? the changes may have been made
---@field count integer items
---@field keys string[] up to three of them; all of them if they are uncertain

--- An outcome; or that time has passed, without `key`.
---@class kms.bulk.Progress
---@field line integer? number of the item
---@field key string?
---@field outcome "done"|"already"|"failed"|"uncertain"|nil
---@field inferred boolean?
---@field is_first boolean? the first request succeeded; then many run at once
---@field is_temporary boolean? with `is_first`: the key has a temporary name so far
---@field error kms.Error?
---@field counts kms.bulk.Counts so far
---@field requests integer
---@field retries integer
---@field throttled integer
---@field under_way integer requests without a response so far
---@field rate number? requests per second that the run allows itself now
---@field seconds number since the run began

---@class kms.bulk.Summary : kms.bulk.Counts
---@field errors kms.bulk.Error[] the most frequent ones first
---@field uncertain_keys string[]
---@field stop kms.bulk.Stop? why the run ended early
---@field requests integer
---@field retries integer
---@field throttled integer
---@field seconds number

--- A step of a plan.
---@class kms.bulk.Step
---@field n integer
---@field line integer number of the item
---@field key string
---@field params table
---@field before any? the previous value, as far as it is known
---@field after integer? the step that must be done before
---@field is_temporary boolean? gives the key a temporary name
---@field outcome string?

---@class kms.bulk.Run
---@field duplicates integer[] numbers of items that repeat an earlier one, and were left out
---@field is_resumed boolean the journal has the plan already
---@field item_count integer
local Run = {}

--- Iterates over the steps of the plan.
---@return fun(): kms.bulk.Step?
function Run:each() end

--- Runs the plan.
---@return kms.bulk.Summary? summary
---@return kms.Error? err nothing was sent, because the journal cannot be written
function Run:execute() end

--- Asks the run to stop: no further request begins, and those under way end.
---@param message string?
---@param is_urgent boolean? doubts are not settled either
function Run:stop(message, is_urgent) end

--- Unlocks the journal of a run that is not executed.
function Run:close() end

--- What a journal says.
---@class kms.bulk.Status : kms.bulk.Counts
---@field operation string for example "huawei.update_primary_region"
---@field host string
---@field region string?
---@field project_id string?
---@field started string time in ISO 8601
---@field stop table? the last record of a session: `t`, `code`, `message`
---@field steps kms.bulk.Step[]
---@field errors kms.bulk.Error[]
---@field uncertain_keys string[]
---@field undoes string? path of the journal of the run that this one takes back
---@field undos kms.bulk.UndoStatus[] runs that take this one back

--- How far a run came that takes another one back.
---@class kms.bulk.UndoStatus
---@field journal string? path; nil: it has none
---@field started string time in ISO 8601
---@field counts kms.bulk.Counts? nil: its journal cannot be read

--- A plan that takes back what a run has changed.
---@class kms.bulk.Undo
---@field operation string
---@field region string? Huawei Cloud: the region that the client must call
---@field items table[] for keys that were changed
---@field uncertain table[] for keys that may have been changed
---@field undoes string path of the journal, for the option of this name

--- The same as `kms.bulk(options)`, with argument errors as third value.
---@param options kms.bulk.Options
---@return kms.bulk.Run? run
---@return kms.Error? err
---@return string? problem an argument error
function bulk.new(options) return Run end

--- Reads what a journal says, without locking it.
---@param path string
---@return kms.bulk.Status? status
---@return kms.Error? err
function bulk.read(path) end

--- Finds the plans that take back what a run has changed, one per region.
---@param path string of its journal
---@return kms.bulk.Undo[]? plans
---@return kms.Error? err
function bulk.invert(path) end

--- Iterates over the lines of a list: trimmed, without blank lines and comments, with their numbers.
---@param file file*
---@return fun(): string?, integer?
function bulk.lines(file) end

return bulk
