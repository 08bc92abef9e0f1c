--- Formats the help of a command from its data.

local layout = require "kms.cli.layout"

local help = {}

local MAX_WIDTH = 100
local MAX_LABEL = 26 -- columns of a label with its description on the same line
local INDENT = "  "

local function add_paragraph(lines, text, width)
  for _, line in ipairs(layout.wrap(text, width)) do lines[#lines + 1] = line end
end

--- Adds rows of a label and a description, with the descriptions in one column. On a narrow terminal the descriptions
--- are below.
local function add_rows(lines, rows, width)
  local column = 0
  for _, row in ipairs(rows) do
    if #row[1] <= MAX_LABEL then column = math.max(column, #row[1]) end
  end
  local margin = #INDENT + column + 2
  if width - margin < 24 then margin = 2 * #INDENT end
  for _, row in ipairs(rows) do
    local described = layout.wrap(row[2], width - margin)
    local label = INDENT .. row[1]
    local first = 1
    if #label + 2 <= margin then
      lines[#lines + 1] = label .. (" "):rep(margin - #label) .. (described[1] or "")
      first = 2
    else
      lines[#lines + 1] = label
    end
    for i = first, #described do lines[#lines + 1] = (" "):rep(margin) .. described[i] end
  end
end

local function describe_option(option)
  local label = (option.short and option.short .. ", " or "") .. option.name
  return { label .. (option.value and " " .. option.value or ""), help.describe(option) }
end

--- Describes an option: its phrase, its values, whether it may be repeated.
---@param option kms.cli.Option
---@return string
function help.describe(option)
  local parts = { option.about }
  if option.choices then parts[#parts + 1] = "one of " .. table.concat(option.choices, ", ") end
  if option.is_required then parts[#parts + 1] = "required" end
  if option.is_repeated then parts[#parts + 1] = "may be repeated" end
  return table.concat(parts, "; ")
end

local function write_argument(argument)
  if argument.count == "?" then return "[" .. argument.name .. "]" end
  if argument.count == "*" then return "[" .. argument.name .. "...]" end
  return argument.name .. (argument.count == "+" and "..." or "")
end

--- Formats the line that shows how a command is used.
---@param command kms.cli.Command
---@param path string
---@return string
function help.usage(command, path)
  local words = { path }
  if command.list then words[2] = path == "kms" and "COMMAND" or "OPERATION" end
  for _, argument in ipairs(command.arguments or {}) do words[#words + 1] = write_argument(argument) end
  local has_options = command.list ~= nil
  for _, group in ipairs(command.options or {}) do
    for _, option in ipairs(group) do
      has_options = has_options or not option.is_required
      if option.is_required then words[#words + 1] = option.name .. (option.value and " " .. option.value or "") end
    end
  end
  if has_options then words[#words + 1] = "[OPTIONS]" end
  return table.concat(words, " ")
end

local function add_commands(lines, command, width)
  for _, group in ipairs(command.list()) do
    local rows = {}
    for i, inner in ipairs(group) do rows[i] = { inner.name, inner.about } end
    lines[#lines + 1] = ""
    lines[#lines + 1] = group.title
    add_rows(lines, rows, width)
  end
end

local function add_group(lines, title, items, describe, width)
  if not items or not items[1] then return end
  local rows = {}
  for i, item in ipairs(items) do rows[i] = describe(item) end
  lines[#lines + 1] = ""
  lines[#lines + 1] = title
  add_rows(lines, rows, width)
end

local function add_examples(lines, examples)
  if not examples or not examples[1] then return end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "Examples"
  for _, example in ipairs(examples) do
    if example[2] then lines[#lines + 1] = INDENT .. "# " .. example[2] end
    lines[#lines + 1] = INDENT .. example[1]
  end
end

local function add_notes(lines, notes, width)
  if not notes or not notes[1] then return end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "Notes"
  for _, note in ipairs(notes) do
    for i, line in ipairs(layout.wrap(note, width - 4)) do lines[#lines + 1] = (i == 1 and "  - " or "    ") .. line end
  end
end

--- Formats the help of a command.
---@param command kms.cli.Command
---@param path string "kms huawei list-keys"
---@param width integer? columns of the terminal
---@return string
function help.format(command, path, width)
  width = math.min(width or MAX_WIDTH, MAX_WIDTH)
  local lines = {}
  add_paragraph(lines, command.description or command.about, width)
  lines[#lines + 1] = ""
  for i, line in ipairs(layout.wrap("Usage: " .. help.usage(command, path), width - 2)) do
    lines[#lines + 1] = (i > 1 and INDENT or "") .. line
  end
  if command.list then add_commands(lines, command, width) end
  add_group(lines, "Arguments", command.arguments, function(argument)
    return { argument.name, argument.about }
  end, width)
  for _, group in ipairs(command.options or {}) do add_group(lines, group.title, group, describe_option, width) end
  add_examples(lines, command.examples)
  add_notes(lines, command.notes, width)
  if command.ending then
    lines[#lines + 1] = ""
    add_paragraph(lines, command.ending, width)
  end
  return table.concat(lines, "\n") .. "\n"
end

return help
