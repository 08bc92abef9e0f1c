--- The exit statuses of the kms command, as they are documented.

local exit_status = {
  DONE = 0,
  USAGE = 1,
  FAILED = 2,
  UNCERTAIN = 3,
  STOPPED = 4,
  CREDENTIALS = 5,
  INTERRUPTED = 130, -- 128 + SIGINT
  BROKEN_PIPE = 141, -- 128 + SIGPIPE
  TERMINATED = 143, -- 128 + SIGTERM
}

-- If several apply, the one that comes first here counts.
local ORDER = {
  exit_status.INTERRUPTED, exit_status.TERMINATED, exit_status.CREDENTIALS, exit_status.STOPPED, exit_status.UNCERTAIN,
  exit_status.FAILED, exit_status.USAGE, exit_status.BROKEN_PIPE, exit_status.DONE,
}

--- The same for the documentation.
exit_status.PRECEDENCE = "If several apply, the first of this list is the exit status: 130 or 143, 5, 4, 3, 2, 1, 141. "
  .. "A run, and kms status about its journal, follow the same rule."

-- In the order of the documentation.
exit_status.MEANINGS = {
  { 0, "everything was done" },
  { 1, "the command line, a setting or an input is not valid; nothing was sent" },
  { 2, "something failed, or a result could not be written" },
  { 3, "a change is uncertain: it may have been made" },
  { 4, "the run stopped early, or has not ended" },
  { 5, "the credentials are missing or refused" },
  { 130, "interrupted by Ctrl-C" },
  { 141, "the program that reads the output has ended" },
  { 143, "ended by SIGTERM" },
}

--- Returns the exit status for the error of a call.
---@param err kms.Error
---@return integer
function exit_status.of_error(err)
  if err.kind == "credentials" or err.status == 401 then return exit_status.CREDENTIALS end
  if err.uncertain then return exit_status.UNCERTAIN end
  return err.kind == "invalid" and exit_status.USAGE or exit_status.FAILED
end

--- Returns the status that counts if several apply.
---@param ... integer
---@return integer
function exit_status.choose(...)
  local applies = {}
  for i = 1, select("#", ...) do applies[select(i, ...)] = true end
  for _, status in ipairs(ORDER) do
    if applies[status] then return status end
  end
  error "no exit status is given"
end

-- Stops that mean that the credentials are at fault.
local IS_CREDENTIALS = { credentials = true, forbidden = true }

--- Returns the status of a run, or of what a journal says about it.
---@param counts kms.bulk.Counts
---@param stop { code: string? }? why it stopped early
---@param signal_status integer? of the signal that ended it
---@return integer
function exit_status.of_run(counts, stop, signal_status)
  local stopped = stop and (IS_CREDENTIALS[stop.code] and exit_status.CREDENTIALS or exit_status.STOPPED)
  return exit_status.choose(signal_status or exit_status.DONE, stopped or exit_status.DONE,
    counts.uncertain > 0 and exit_status.UNCERTAIN or exit_status.DONE,
    counts.failed + counts.not_tried > 0 and exit_status.FAILED or exit_status.DONE)
end

return exit_status
