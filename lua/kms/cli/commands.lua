--- The commands in the order of the help.

---@class kms.cli.Command
---@field name string
---@field group string? its heading in the help
---@field about string one line for the list of commands
---@field description string? sentences for the help of the command; by default `about`
---@field arguments kms.cli.Argument[]?
---@field options kms.cli.OptionGroup[]?
---@field examples { [1]: string, [2]: string? }[]? a command line, and what it does
---@field notes string[]? what a user should know
---@field ending string? the last line of the help
---@field list (fun(): { title: string, [integer]: kms.cli.Command }[])? commands below this one, in groups
---@field find (fun(name: string): kms.cli.Command?)? finds one of them without loading all
---@field run (fun(options: table, context: kms.cli.Context): integer)? returns the exit status

---@class kms.cli.Argument
---@field name string "FILE"; its value is in `options.file`
---@field about string
---@field hint string? what to say if it is missing
---@field count string? "?", "*" or "+"; by default one is required
---@field choices string[]? the values that are accepted

---@class kms.cli.OptionGroup : kms.cli.Option[]
---@field title string heading in the help

---@class kms.cli.Option
---@field name string "--dry-run"; its value is in `options.dry_run`
---@field short string? "-n"
---@field value string? placeholder of its value; without it, the option is a flag
---@field about string a phrase
---@field choices string[]? the values that are accepted
---@field convert (fun(text: string): any, string?)? converts a value, or returns nil and what is wrong
---@field is_required boolean?
---@field is_repeated boolean? the value is the list of all values

local commands = {}

-- The command NAME is what the module kms.cli.NAME returns, or the member `command` of that.
local NAMES = {
  "move", "rename", "resume", "undo", "status", "huawei", "ncloud", "doctor", "emulator", "completion",
}

local function load_command(name)
  local module = require("kms.cli." .. name)
  return module.command or module
end

--- Loads all commands.
---@return kms.cli.Command[]
function commands.load()
  local list = {}
  for i, name in ipairs(NAMES) do list[i] = load_command(name) end
  return list
end

--- Finds a command, and loads no other one.
---@param name string
---@return kms.cli.Command?
function commands.find(name)
  for _, known in ipairs(NAMES) do
    if known == name then return load_command(name) end
  end
end

return commands
