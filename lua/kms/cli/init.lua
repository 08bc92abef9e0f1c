--- The kms command: finds the command that is named, runs it, and returns the exit status.

require "kms.cli.descriptors" -- before any module that opens something

local commands = require "kms.cli.commands"
local context = require "kms.cli.context"
local exit_status = require "kms.cli.exit_status"
local help = require "kms.cli.help"
local kms = require "kms"
local output = require "kms.cli.output"
local parser = require "kms.cli.parser"
local style = require "kms.cli.style"

local cli = {}

local GROUPS = { "Many keys at once", "Single operations", "Help" }

--- Returns the commands in the groups of the help.
local function list_commands()
  local list = {}
  for _, title in ipairs(GROUPS) do
    local group = { title = title }
    for _, command in ipairs(commands.load()) do
      if command.group == title then group[#group + 1] = command end
    end
    if group[1] then list[#list + 1] = group end
  end
  return list
end

---@type kms.cli.Command
cli.root = {
  name = "kms",
  about = "Key management for Huawei Cloud KMS and NAVER Cloud KMS 2.0.",
  list = list_commands,
  find = commands.find,
  ending = "Credentials come from the environment or from the clouds' own profile files; 'kms doctor' checks them. "
    .. "Run 'kms COMMAND --help' for options and examples.",
}

--- Prints a text that was asked for.
local function print_text(out, err, text)
  out:write(text)
  if out:flush() then return exit_status.DONE end
  if out.is_broken then return exit_status.BROKEN_PIPE end
  err:write("kms: cannot write: ", out.failure, "\n")
  return exit_status.FAILED
end

local function print_problem(err, path, problem)
  err:write(path, ": ", problem, "\n", ("Run '%s --help' for options and examples.\n"):format(path))
  err:flush()
  return exit_status.USAGE
end

local function handle_error(problem)
  if type(problem) == "string" and problem:find "interrupted!$" then return problem end
  return debug.traceback(tostring(problem), 2)
end

--- Runs a command. Ctrl-C, which the interpreter turns into an error, ends it.
local function run_command(match, options, out, err)
  local self, problem = context.new { options = options, path = match.path, out = out, err = err, input = io.stdin }
  if not self then return print_problem(err, match.path, problem) end
  local ok, status = xpcall(function() return match.command.run(options, self) end, handle_error)
  if ok then return self:finish(status) end
  if status:find "interrupted!$" then
    self:finish(exit_status.INTERRUPTED)
    err:write("\n", match.path, ": interrupted\n")
    return exit_status.INTERRUPTED
  end
  self:finish(exit_status.FAILED)
  err:write(match.path, ": this is a fault of kms: ", status, "\n")
  return exit_status.FAILED
end

--- Runs the command line.
---@param words string[]
---@return integer exit_status
function cli.run(words)
  local out, err = output.new(io.stdout), output.new(io.stderr)
  if words[1] == "--version" then return print_text(out, err, ("kms %s\n"):format(kms._VERSION)) end
  local match, problem = parser.find(cli.root, words)
  if problem then return print_problem(err, match.path, problem) end
  local needs_help = match.is_help or not match.command.run and not match.words[1]
  -- What reads the help, such as a pager, is on the terminal of standard error.
  local width = needs_help and (style.new(1).width or style.new(2).width)
  if needs_help then return print_text(out, err, help.format(match.command, match.path, width)) end
  if not match.command.run then
    return print_problem(err, match.path, ('unknown option "%s"; options follow the command'):format(match.words[1]))
  end
  local options
  options, problem = parser.parse(match)
  if not options then return print_problem(err, match.path, problem) end
  return run_command(match, options, out, err)
end

return cli
