--- Runs the command kms in a process of its own, against the emulator that runs beside the specs.

local files = require "spec.helpers.files"
local subprocess = require "spec.helpers.subprocess"

local kms_command = {}

local quote = subprocess.quote

--- The variables that `kms emulator` prints.
---@return table<string, string>
function kms_command.read_environment()
  local variables = {}
  for line in io.lines(os.getenv "KMS_EMULATOR_DIR" .. "/env") do
    local name, value = line:match "^export ([%w_]+)='(.*)'$"
    if name then variables[name] = value end
  end
  return variables
end

local ENVIRONMENT = kms_command.read_environment()

local function merge(variables)
  local merged = { LC_ALL = "C.UTF-8", HOME = "/nonexistent" }
  for name, value in pairs(ENVIRONMENT) do merged[name] = value end
  for name, value in pairs(variables or {}) do merged[name] = value or nil end
  return merged
end

--- Returns the command, for a shell.
---@param words string of a shell
---@return string
function kms_command.line(words) return ("%s bin/kms %s"):format(subprocess.lua, words) end

---@class kms.spec.CommandResult
---@field out string standard output
---@field err string standard error
---@field status integer

--- Runs a shell command line in which `kms` is the command.
---@param script string
---@param variables table<string, string|false>? added to the environment; false removes one
---@return kms.spec.CommandResult
function kms_command.run_script(script, variables)
  local out, err = os.tmpname(), os.tmpname()
  local program = ("kms() { %s; }\n%s"):format(kms_command.line '"$@"', script)
  local output = subprocess.execute(("bash -c %s > %s 2> %s; echo $?"):format(quote(program), out, err), merge(variables))
  local result = { out = files.read(out), err = files.read(err), status = tonumber(output) }
  os.remove(out)
  os.remove(err)
  return result
end

--- Runs the command.
---@param words string of a shell: "ncloud list-keys --json"
---@param variables table<string, string|false>?
---@return kms.spec.CommandResult
function kms_command.run(words, variables) return kms_command.run_script("kms " .. words, variables) end

--- Runs the command on a terminal.
---@param words string of a shell
---@param columns integer
---@param variables table<string, string|false>?
---@param input string? what a person types; default: nothing
---@return string screen
function kms_command.run_on_terminal(words, columns, variables, input)
  local command = ("stty cols %d; %s"):format(columns, kms_command.line(words))
  local environment = merge(variables)
  environment.TERM = environment.TERM or "xterm"
  local typed = input and ("printf %%s %s"):format(quote(input)) or "true"
  local script = ("%s | script -qec %s /dev/null"):format(typed, quote(command))
  return (subprocess.execute("bash -c " .. quote(script), environment):gsub("\r", ""))
end

return kms_command
