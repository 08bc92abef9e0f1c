--- Lays results out for people: tables with aligned columns, and lists of names with values.

local json = require "kms.cli.json"
local style = require "kms.cli.style"
local time = require "kms.util.time"

local layout = {}

local GAP = 2 -- columns between two cells
local CONTROLS = "[%z\1-\31\127]"
local MAX_TIME = 1e15 -- seconds; a larger number in a response cannot be a time, and may have no date

local get_length = style.get_length

--- Breaks a text into lines of at most `width` columns, at spaces.
---@param text string
---@param width integer
---@return string[]
function layout.wrap(text, width)
  local lines, line = {}, nil
  for word in text:gmatch "%S+" do
    if line and get_length(line) + 1 + get_length(word) <= width then
      line = line .. " " .. word
    else
      lines[#lines + 1] = line
      line = word
    end
  end
  lines[#lines + 1] = line
  return lines
end

--- Formats a value for people, on one line.
---@param value any
---@param field kms.OperationField?
---@return string
function layout.format(value, field)
  if value == nil then return "" end
  if type(value) == "table" then
    local is_scalar_list = value[1] ~= nil
    for _, item in ipairs(value) do is_scalar_list = is_scalar_list and type(item) ~= "table" end
    if not is_scalar_list then return (json.line(value, field):gsub("\n$", "")) end
    local words = {}
    for i, item in ipairs(value) do words[i] = layout.format(item, field and field.items) end
    return table.concat(words, ", ")
  end
  if field and field.type == "time" and type(value) == "number" and math.abs(value) < MAX_TIME then
    return time.format_iso8601(value)
  end
  if type(value) == "number" then return (json.line(value):gsub("\n$", "")) end
  return (tostring(value):gsub(CONTROLS, " "))
end

local function is_number(field) return field.type == "integer" or field.type == "number" end

local function measure(column, rows)
  column.width = get_length(column.title)
  for _, row in ipairs(rows) do column.width = math.max(column.width, get_length(row[column.name])) end
end

local function has_value(column, rows)
  for _, row in ipairs(rows) do
    if row[column.name] ~= "" then return true end
  end
  return false
end

local function is_constant(column, rows)
  for _, row in ipairs(rows) do
    if row[column.name] ~= rows[1][column.name] then return false end
  end
  return rows[2] ~= nil
end

--- Takes the columns that fit in the width: the first always, then those whose values differ, from the left.
---@return table[] columns, string[] hidden
local function fit(columns, rows, width)
  local used = -GAP
  for _, constant in ipairs { false, true } do
    for i, column in ipairs(columns) do
      if (i ~= 1 and is_constant(column, rows)) == constant then
        column.is_shown = not width or i == 1 or used + GAP + column.width <= width
        if column.is_shown then used = used + GAP + column.width end
      end
    end
  end
  local taken, hidden = {}, {}
  for _, column in ipairs(columns) do
    if column.is_shown then taken[#taken + 1] = column else hidden[#hidden + 1] = column.name end
  end
  return taken, hidden
end

local function write_row(columns, get_text)
  local cells = {}
  for i, column in ipairs(columns) do
    local text = get_text(column)
    local padding = (" "):rep(column.width - get_length(text))
    if column.is_number then text = padding .. text elseif i < #columns then text = text .. padding end
    cells[i] = text
  end
  return (table.concat(cells, (" "):rep(GAP)):gsub(" +$", "")) .. "\n"
end

--- Formats rows as a table. Columns without a value are left out, and those that do not fit in the width.
---@param items table[]
---@param fields kms.OperationField[]
---@param width integer? columns of the terminal
---@return string text
---@return string[] hidden names of the columns that do not fit
function layout.table(items, fields, width)
  local rows, columns = {}, {}
  for i, item in ipairs(items) do
    rows[i] = {}
    for _, field in ipairs(fields) do rows[i][field.name] = layout.format(item[field.name], field) end
  end
  for _, field in ipairs(fields) do
    local column = { name = field.name, title = field.name:upper(), is_number = is_number(field) }
    if has_value(column, rows) then
      measure(column, rows)
      columns[#columns + 1] = column
    end
  end
  local taken, hidden = fit(columns, rows, width)
  local lines = { write_row(taken, function(column) return column.title end) }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = write_row(taken, function(column) return row[column.name] end)
  end
  return table.concat(lines), hidden
end

--- Formats names with values, one per line.
---@param pairs_list { [1]: string, [2]: string }[]
---@return string
function layout.pairs(pairs_list)
  local width, lines = 0, {}
  for _, pair in ipairs(pairs_list) do width = math.max(width, get_length(pair[1])) end
  for i, pair in ipairs(pairs_list) do
    local line = pair[1] .. (" "):rep(width - get_length(pair[1]) + GAP) .. pair[2]
    lines[i] = line:gsub(" +$", "") .. "\n"
  end
  return table.concat(lines)
end

--- Formats rows of three cells: a name, a value and a note. A note that does not fit goes below its row.
---@param rows string[][]
---@param width integer? columns of the terminal
---@return string
function layout.grid(rows, width)
  local widths, lines = { 0, 0 }, {}
  for _, row in ipairs(rows) do
    for i = 1, 2 do widths[i] = math.max(widths[i], get_length(row[i])) end
  end
  for _, row in ipairs(rows) do
    local name = row[1] .. (" "):rep(widths[1] - get_length(row[1]) + GAP)
    local value = row[2] .. (" "):rep(widths[2] - get_length(row[2]) + GAP)
    local is_long = width and get_length(name) + get_length(value) + get_length(row[3]) > width
    if is_long and row[3] ~= "" then
      lines[#lines + 1] = name .. row[2]
      for _, line in ipairs(layout.wrap(row[3], width - widths[1] - GAP)) do
        lines[#lines + 1] = (" "):rep(widths[1] + GAP) .. line
      end
    else
      lines[#lines + 1] = (name .. value .. row[3]):gsub(" +$", "")
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

return layout
