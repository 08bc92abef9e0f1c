--- Orders renames so that no key ever needs a name that another key still has: chains and swaps.

local ascii = require "kms.util.ascii"
local validate = require "kms.util.validate"

local rename_plan = {}

local TEMPORARY_NAME = "kms-tmp-%d"

-- Not documented: whether letter case counts when names are compared. Version 3 of the API ignores it, so names that
-- differ only in it are taken for the same name here.
local fold = ascii.lower

--- Finds what the items ask for in conflict with each other and with the names that exist.
---@param steps kms.bulk.Step[]
---@param tags table<string, string>? tags by existing name, folded; nil if the names are not known
---@param names table<string, string>? existing names by tag
---@param bad_keys table<string, true> keys of items that are not valid: what they ask for is not known
---@return { line: integer, message: string }[] problems
local function find_problems(steps, tags, names, bad_keys)
  local problems, wanted, by_tag = {}, {}, {}
  local function add(step, text) problems[#problems + 1] = { line = step.line, message = text } end
  for _, step in ipairs(steps) do by_tag[step.key] = step end
  for _, step in ipairs(steps) do
    local name = step.params.key_name
    local folded = fold(name)
    local owner = tags and tags[folded]
    local other = owner and by_tag[owner]
    if wanted[folded] then
      add(step, ("name %s is also in line %d"):format(validate.quote(name), wanted[folded].line))
    elseif names and not names[step.key] then
      add(step, ("there is no key with tag %s"):format(validate.quote(step.key)))
    elseif owner and not other and not bad_keys[owner] then
      local present = names and names[owner] or name
      add(step, ("name %s is taken by key %s%s"):format(validate.quote(name), owner, present == name and ""
        or (", whose name is %s; case does not count"):format(validate.quote(present))))
    end
    wanted[folded] = wanted[folded] or step
  end
  return problems
end

--- Makes each step wait for the one whose key has the name that it needs.
local function link_owners(steps, tags)
  local by_tag, waiting = {}, {}
  for _, step in ipairs(steps) do by_tag[step.key] = step end
  for _, step in ipairs(steps) do
    local owner = by_tag[tags[fold(step.params.key_name)] or false]
    if owner and owner ~= step then
      step.after = owner.n
      waiting[owner] = step
    end
  end
  return waiting
end

--- Returns a name that no key has or gets.
local function find_free_name(used)
  local number = 1
  while used[TEMPORARY_NAME:format(number)] do number = number + 1 end
  local name = TEMPORARY_NAME:format(number)
  used[name] = true
  return name
end

--- Breaks the circles among the steps: the first key of each gets a temporary name first.
local function break_circles(steps, waiting, used)
  local visited = {}
  for _, step in ipairs(steps) do
    if not step.after then
      local current = step
      while current do
        visited[current] = true
        current = waiting[current]
      end
    end
  end
  for i = 1, #steps do
    local first = steps[i]
    if not visited[first] then
      local temporary = { n = #steps + 1, line = first.line, key = first.key, is_temporary = true,
        before = first.before, params = { key_tag = first.key, key_name = find_free_name(used) } }
      steps[temporary.n] = temporary
      waiting[first].after = temporary.n
      local current = first
      repeat
        visited[current] = true
        current = waiting[current]
      until current == first
    end
  end
end

--- Orders the steps.
---@param steps kms.bulk.Step[] temporary names are added
---@param names table<string, string>? existing names by tag; nil if they are not known
---@param bad_keys table<string, true>? keys of items that are not valid
---@return { line: integer, message: string }[] problems
function rename_plan.order(steps, names, bad_keys)
  local tags
  if names then
    tags = {}
    for tag, name in pairs(names) do tags[fold(name)] = tag end
  end
  local problems = find_problems(steps, tags, names, bad_keys or {})
  if not names or problems[1] then return problems end
  local used = {}
  for name in pairs(tags) do used[name] = true end
  for _, step in ipairs(steps) do
    used[fold(step.params.key_name)], step.before = true, names[step.key]
    -- A key may keep its name.
    if step.before == step.params.key_name then step.outcome = "already" end
  end
  break_circles(steps, link_owners(steps, tags), used)
  return problems
end

return rename_plan
