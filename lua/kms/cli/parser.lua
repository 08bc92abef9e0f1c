--- Finds the command of a command line, and parses its arguments with lua-argparse.

local parser = {}

local MAX_DISTANCE = 2 -- typing errors for which a command is suggested

--- Counts the insertions, deletions, replacements and swaps of neighbours that make one word another one.
---@param a string
---@param b string
---@return integer
function parser.compute_distance(a, b)
  local rows = { [0] = {} }
  for j = 0, #b do rows[0][j] = j end
  for i = 1, #a do
    local above, row = rows[i - 1], { [0] = i }
    rows[i] = row
    for j = 1, #b do
      local is_equal = a:byte(i) == b:byte(j)
      row[j] = math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (is_equal and 0 or 1))
      local is_swapped = i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j)
      if is_swapped then row[j] = math.min(row[j], rows[i - 2][j - 2] + 1) end
    end
  end
  return rows[#a][#b]
end

local function each_below(command, visit)
  for _, group in ipairs(command.list()) do
    for _, inner in ipairs(group) do visit(inner) end
  end
end

--- Finds the commands whose names are similar to a word.
---@param command kms.cli.Command
---@param word string
---@return string[] names
local function suggest(command, word)
  local names, limit = {}, math.min(MAX_DISTANCE, math.floor(#word / 3))
  each_below(command, function(inner)
    local is_part = #word > 2 and inner.name:find(word, 1, true)
    if is_part or parser.compute_distance(word, inner.name) <= limit then names[#names + 1] = inner.name end
  end)
  return names
end

local function find_below(command, word)
  if command.find then return command.find(word) end
  local found
  each_below(command, function(inner) found = inner.name == word and inner or found end)
  return found
end

---@class kms.cli.Match
---@field command kms.cli.Command
---@field path string "kms huawei list-keys"
---@field words string[] what follows the command
---@field is_help boolean the help of the command is wanted

--- Finds the command that a command line names.
---@param root kms.cli.Command
---@param words string[]
---@return kms.cli.Match match
---@return string? problem
function parser.find(root, words)
  local match = { command = root, path = root.name, words = {}, is_help = false }
  local index, problem = 1, nil
  if words[1] == "help" then index, match.is_help = 2, true end
  while words[index] and match.command.list and words[index]:sub(1, 1) ~= "-" do
    local below = find_below(match.command, words[index])
    if not below then
      local names = suggest(match.command, words[index])
      problem = ('no command "%s"%s'):format(words[index],
        names[1] and "; did you mean " .. table.concat(names, ", ") .. "?" or "")
      break
    end
    match.command, match.path = below, match.path .. " " .. below.name
    index = index + 1
  end
  for i = index, #words do
    if words[i] == "--" then break end
    if words[i] == "--help" or words[i] == "-h" then match.is_help = true end
  end
  for i = index, #words do match.words[#match.words + 1] = words[i] end
  return match, problem
end

local function get_target(name) return (name:gsub("^%-+", ""):gsub("%-", "_"):lower()) end

--- Makes a converter that refuses all but the choices of an option or an argument. argparse has its own since 0.7, and
--- Debian 11 has 0.6.
local function accept_choices(name, choices)
  local is_choice = {}
  for _, choice in ipairs(choices) do is_choice[choice] = true end
  return function(word)
    if is_choice[word] then return word end
    return nil, ("%s must be one of %s; got %q"):format(name, table.concat(choices, ", "), word)
  end
end

--- Makes a converter whose problems begin with the name of its option.
local function name_problems(name, convert)
  return function(word)
    local value, problem = convert(word)
    if value == nil then return nil, ("option %s: %s"):format(name, problem) end
    return value
  end
end

--- Words a problem of argparse as the other problems are.
local function format_problem(text)
  return (text:gsub("\nDid you mean one of these: ", "; did you mean "):gsub("\nDid you mean ", "; did you mean ")
    :gsub("\n", "; "):gsub("'([^']*)'", '"%1"'))
end

local function add_option(target, option)
  local names = (option.short and option.short .. " " or "") .. option.name
  if not option.value then
    target:flag(names):target(get_target(option.name))
    return
  end
  local element = target:option(names):target(get_target(option.name)):argname(option.value)
  if option.choices then element:convert(accept_choices(option.name, option.choices)) end
  if option.convert then element:convert(name_problems(option.name, option.convert)) end
  if option.is_repeated then element:count "*" end
end

--- Parses the arguments of a command.
---@param match kms.cli.Match
---@return table? options
---@return string? problem
function parser.parse(match)
  local is_found, argparse = pcall(require, "argparse")
  if not is_found then return nil, "the Lua module argparse is missing (Debian: apt-get install lua-argparse)" end
  local command = match.command
  local instance = argparse(match.path):add_help(false)
  for _, argument in ipairs(command.arguments or {}) do
    local element = instance:argument(argument.name):target(get_target(argument.name)):args(argument.count or 1)
    if argument.choices then element:convert(accept_choices(argument.name, argument.choices)) end
  end
  for _, group in ipairs(command.options or {}) do
    for _, option in ipairs(group) do add_option(instance, option) end
  end
  local ok, result = instance:pparse(match.words)
  if not ok then
    result = format_problem(result)
    for _, argument in ipairs(command.arguments or {}) do
      local is_missing = result == ('missing argument "%s"'):format(argument.name)
      if is_missing and argument.hint then result = result .. "; " .. argument.hint end
    end
    return nil, result
  end
  for _, group in ipairs(command.options or {}) do
    for _, option in ipairs(group) do
      if option.is_required and result[get_target(option.name)] == nil then
        return nil, ("option %s is missing"):format(option.name)
      end
    end
  end
  return result
end

return parser
