--- Reads the tables of bench/RESULTS.md.

local results = {}

--- Divides a row into its cells; nil if the line is not a row.
local function read_cells(line)
  if not line or line:sub(1, 1) ~= "|" then return nil end
  local cells = {}
  for cell in line:sub(2):gmatch "([^|]*)|" do cells[#cells + 1] = cell:match "^%s*(.-)%s*$" end
  return cells
end

--- Reads a number, or a median with its range, such as "1.12 (1.11 … 1.13)".
---@param cell string
---@return { median: number, minimum: number, maximum: number }?
function results.read_spread(cell)
  local median, minimum, maximum = cell:match "^([%d.]+) %(([%d.]+) … ([%d.]+)%)$"
  median = tonumber(median or cell)
  if not median then return nil end
  return { median = median, minimum = tonumber(minimum) or median, maximum = tonumber(maximum) or median }
end

--- Reads a table: its first row, and the cells of the others by the name in their first column.
---@param path string
---@param section string title of the section
---@param before string? a plain text that the lines before the table contain; the first table of the section without
---@return { header: string[], names: string[], rows: table<string, string[]> }
function results.read_table(path, section, before)
  local is_inside, is_near, found = false, false, nil
  for line in io.lines(path) do
    local cells = is_inside and is_near and read_cells(line)
    if line:find("^## ") then
      is_inside, is_near = line == "## " .. section, before == nil
    elseif is_inside and before and line:find(before, 1, true) then
      is_near = true
    end
    if not found then
      found = cells and { header = cells, names = {}, rows = {} } or nil
    elseif not cells then
      break
    elseif not cells[1]:find "^%-+$" then
      found.names[#found.names + 1] = cells[1]
      found.rows[cells[1]] = cells
    end
  end
  return found or error(("%s has no table in the section %q%s"):format(path, section,
    before and (" after %q"):format(before) or ""))
end

--- The cell of a row in the column that has a title.
---@param read table from `read_table`
---@param name string first cell of the row
---@param title string
---@return string
function results.find_cell(read, name, title)
  local row = read.rows[name] or error(("the table has no row %q"):format(name))
  for i, candidate in ipairs(read.header) do
    if candidate == title then return row[i] end
  end
  error(("the table has no column %q"):format(title))
end

return results
