--- Reads a list of keys: text, CSV with a header, or JSON lines.

local cjson = require "cjson.safe".new()
local line_reader = require "kms.util.line_reader"

cjson.decode_invalid_numbers(false)

local input = {}

local UTF8_BOM = "^\239\187\191"

---@class kms.cli.Layout what a line means
---@field words string[] the params that the words of a text line are; the first one is required
---@field labels string[]? the same for people
---@field columns string[]? columns and members that are used
---@field members table<string, string> params by name of a column or JSON member

---@class kms.cli.Item
---@field line integer
---@field params table<string, any>
---@field problem string? why the line cannot be read

---@class kms.cli.Input
---@field items kms.cli.Item[]
---@field problems { line: integer, message: string }[] lines that cannot be read
---@field format "text"|"csv"|"jsonl"
---@field ignored string[] columns or members that mean nothing here

--- Iterates over the lines of a file: without line ends and the byte order mark.
local function each_line(file)
  local next_line, number = line_reader(file), 0
  return function()
    local line = next_line()
    if not line then return nil end
    number = number + 1
    if number == 1 then line = line:gsub(UTF8_BOM, "") end
    return number, (line:gsub("\r$", ""))
  end
end

local function trim(text) return text:match "^%s*(.-)%s*$" end

--- Splits a line of CSV (RFC 4180). A field does not contain a line feed.
---@return string[]? fields
---@return string? problem
local function split_csv(line)
  local fields, position = {}, 1
  repeat
    local quoted, after = line:match('^%s*"(.-)"%s*()', position)
    if quoted then
      -- "" within quotes is a quote.
      while line:sub(after, after) == '"' do
        local more, next_after = line:match('^"(.-)"%s*()', after)
        if not more then return nil, "a quoted field has no end" end
        quoted, after = quoted .. '"' .. more, next_after
      end
      fields[#fields + 1] = quoted
    elseif line:find('^%s*"', position) then
      return nil, "a quoted field has no end"
    else
      local text
      text, after = line:match("^([^,]*)()", position)
      fields[#fields + 1] = trim(text)
    end
    local separator = line:sub(after, after)
    if separator ~= "" and separator ~= "," then
      return nil, ('"," expected after a quoted field; got "%s"'):format(separator)
    end
    position = after + 1
  until separator == ""
  return fields
end

--- Finds the params of columns. Names are compared without letter case.
---@return table<integer, string>? params by number of the column
---@return string[]|string ignored columns; or a problem
local function read_header(fields, layout)
  local params, ignored, taken = {}, {}, {}
  for i, field in ipairs(fields) do
    local name = trim(field):lower()
    local param = layout.members[name]
    if not param then
      ignored[#ignored + 1] = name
    elseif taken[param] then
      return nil, ("columns %s and %s mean the same"):format(taken[param], name)
    else
      params[i], taken[param] = param, name
    end
  end
  if taken[layout.words[1]] then return params, ignored end
  return nil, ("the header has no column %s; got %s"):format(layout.words[1], table.concat(fields, ", "))
end

local readers = {}

function readers.text(line, layout)
  local params, count = {}, 0
  for word in line:gmatch "%S+" do
    count = count + 1
    if not layout.words[count] then
      return nil, ('at most %s expected; got more: "%s"'):format(table.concat(layout.labels or layout.words, " "), word)
    end
    params[layout.words[count]] = word
  end
  return params
end

function readers.csv(line, layout, state)
  local fields, problem = split_csv(line)
  if not fields then return nil, problem end
  if not state.header then
    local ignored
    state.header, ignored = read_header(fields, layout)
    if not state.header then
      state.is_unreadable = true
      return nil, ignored
    end
    for _, name in ipairs(ignored) do state.ignore(name) end
    return nil
  end
  local params = {}
  for i, field in ipairs(fields) do
    if state.header[i] and field ~= "" then params[state.header[i]] = field end
  end
  return params
end

function readers.jsonl(line, layout, state)
  if line:find("\0", 1, true) then return nil, "a JSON object expected: it contains NUL" end
  local value, problem = cjson.decode(line)
  if type(value) == "string" then return { [layout.words[1]] = value } end
  if type(value) ~= "table" or value[1] ~= nil then
    return nil, "a JSON object expected" .. (problem and ": " .. problem or "")
  end
  local params = {}
  for name, member in pairs(value) do
    local param = layout.members[name]
    if not param then
      state.ignore(name)
    elseif member ~= cjson.null then
      if params[param] ~= nil then return nil, ("two members mean %s"):format(param) end
      params[param] = member
    end
  end
  return params
end

--- Guesses the format from the first line that has something.
local function guess_format(line, layout)
  if line:find "^{" then return "jsonl" end
  local first = line:match '^"?%s*([^,"]*)':lower():match "^(.-)%s*$"
  if line:find(",", 1, true) or layout.members[first] then return "csv" end
  return "text"
end

--- Reads a list. Blank lines and lines that begin with # are skipped.
---@param file file* or anything with the method `read`
---@param layout kms.cli.Layout
---@param format "text"|"csv"|"jsonl"|nil nil: as the first line looks
---@return kms.cli.Input
function input.read(file, layout, format)
  local self, seen = { items = {}, problems = {}, format = format, ignored = {} }, {}
  local state = { ignore = function(name)
    if not seen[name] then self.ignored[#self.ignored + 1], seen[name] = name, true end
  end }
  for number, line in each_line(file) do
    line = trim(line)
    if line ~= "" and line:sub(1, 1) ~= "#" then
      self.format = self.format or guess_format(line, layout)
      local params, problem = readers[self.format](line, layout, state)
      if params and params[layout.words[1]] == nil then
        params, problem = nil, ("%s is missing"):format(layout.words[1])
      end
      if params then self.items[#self.items + 1] = { line = number, params = params } end
      if problem then self.problems[#self.problems + 1] = { line = number, message = problem } end
      if state.is_unreadable then break end
    end
  end
  table.sort(self.ignored)
  return self
end

--- Opens and reads a list.
---@param path string "-": standard input
---@param layout kms.cli.Layout
---@param format "text"|"csv"|"jsonl"|nil
---@return kms.cli.Input?
---@return string? problem
function input.open(path, layout, format)
  if path == "-" then return input.read(io.stdin, layout, format) end
  local file, problem = io.open(path, "rb")
  if not file then return nil, ("cannot read %s"):format(problem) end
  local ok, result = pcall(input.read, file, layout, format)
  file:close()
  -- Reading a directory raises.
  if not ok then return nil, ("cannot read %s: %s"):format(path, (tostring(result):gsub("^[^:]*:%d+: ", ""))) end
  return result
end

return input
