--- Records the attempts of calls: on standard error with --verbose, in a file of JSON lines with --log.

local json = require "kms.cli.json"
local output = require "kms.cli.output"
local time = require "kms.util.time"

local attempts = {}

-- Members of a line of the log, in this order.
local LINE = json.ordered "t provider operation key attempt status duration request_id code message wait"

---@class kms.cli.Attempts
---@field err kms.cli.Output
---@field is_verbose boolean
---@field log kms.cli.Output? of --log
---@field failure string? why the log is not complete
local Attempts = {}
Attempts.__index = Attempts

--- Formats an attempt as one line for people.
---@param event kms.AttemptEvent
---@return string
function attempts.describe(event)
  local operation, key = event.operation:gsub("_", "-"), event.key and " " .. event.key or ""
  local words = { ("%s%s attempt %d:"):format(operation, key, event.attempt) }
  words[#words + 1] = event.status and ("HTTP %d"):format(event.status) or "no response"
  words[#words + 1] = ("in %.2f s"):format(event.duration)
  if event.error and event.error.code then words[#words + 1] = "(" .. tostring(event.error.code) .. ")" end
  local text = table.concat(words, " ")
  if event.request_id then text = text .. ", request id " .. event.request_id end
  if event.wait then text = text .. (", next in %.1f s"):format(event.wait) end
  return text
end

local function write_log(self, event)
  local log, err = self.log, event.error or {}
  if not log then return end
  -- Loaded here, because the command starts without the C modules.
  log:write(json.line({ t = time.format_iso8601(require("kms.http1").now()), provider = event.provider,
    operation = event.operation, key = event.key, attempt = event.attempt, status = event.status,
    duration = event.duration, request_id = event.request_id, code = err.code, message = err.message,
    wait = event.wait }, LINE))
  log:flush()
  self.failure = log.failure
end

--- Records an attempt.
---@param event kms.AttemptEvent
function Attempts:add(event)
  if self.is_verbose then self.err:write("kms: ", attempts.describe(event), "\n") end
  write_log(self, event)
end

--- Returns the hook `on_attempt` of a client, or nil if nothing is recorded.
---@return fun(event: kms.AttemptEvent)?
function Attempts:hook()
  if not self.is_verbose and not self.log then return nil end
  return function(event) self:add(event) end
end

--- Closes the log.
function Attempts:close()
  if self.log then self.log.stream:close() end
  self.log = nil
end

--- Opens the record of attempts.
---@param options table `verbose`, `log`
---@param err kms.cli.Output
---@return kms.cli.Attempts? record
---@return string? problem
function attempts.open(options, err)
  local file, problem
  if options.log then
    file, problem = io.open(options.log, "a")
    if not file then return nil, "option --log: " .. problem end
  end
  return setmetatable({ err = err, is_verbose = options.verbose == true,
    log = file and output.new(file), failure = nil }, Attempts)
end

return attempts
