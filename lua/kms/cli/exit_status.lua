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

-- In the order of the documentation.
exit_status.MEANINGS = {
  { 0, "everything was done" },
  { 1, "the command line, a setting or an input is not valid; nothing was sent" },
  { 2, "something failed, or a result could not be written" },
  { 3, "a change is uncertain: it may have been made" },
  { 4, "the run stopped early" },
  { 5, "the credentials are missing or refused" },
  { 130, "interrupted by Ctrl-C" },
  { 141, "the program that reads the output has ended" },
  { 143, "ended by SIGTERM" },
}

--- Returns the exit status for the error of a call.
---@param err kms.Error
---@return integer
function exit_status.of_error(err)
  if err.uncertain then return exit_status.UNCERTAIN end
  if err.kind == "invalid" then return exit_status.USAGE end
  if err.kind == "credentials" or err.status == 401 then return exit_status.CREDENTIALS end
  return exit_status.FAILED
end

return exit_status
