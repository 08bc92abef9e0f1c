--- The commands in the order of the help, each in a module of its own.

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
---@field count string? "?", "*" or "+"; by default one is required

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

local MODULES = {
  "kms.cli.huawei",
  "kms.cli.ncloud",
}

--- Loads all commands.
---@return kms.cli.Command[]
function commands.load()
  local list = {}
  for i, name in ipairs(MODULES) do list[i] = require(name) end
  return list
end

return commands
