--- The command of one operation: options derived from its entry, the call, and its result.

local dry_run = require "kms.cli.dry_run"
local exit_status = require "kms.cli.exit_status"
local interrupt = require "kms.cli.interrupt"
local json = require "kms.cli.json"
local options = require "kms.cli.options"
local result = require "kms.cli.result"
local values = require "kms.cli.values"

local operation = {}

local PLACEHOLDERS = { integer = "N", number = "N", boolean = "true|false", time = "TIME", object = "JSON",
  ["integer|string"] = "N" }

local function to_option(name) return "--" .. name:gsub("_", "-") end

--- Returns whether a param may be given without the name of its option.
local function is_positional(param)
  return param.required and param.type ~= "list" and param.type ~= "object" and not values.is_secret(param)
end

local function name_value(param)
  if values.is_secret(param) then return "@FILE" end
  if param.type == "list" then return param.items.type == "object" and "JSON" or "VALUE" end
  return PLACEHOLDERS[param.type] or param.name:match "[^_]+$":upper()
end

local function describe(param)
  local words = { param.about or "" }
  if param.values then words[#words + 1] = "such as " .. table.concat(param.values, ", ") end
  if param.default ~= nil then words[#words + 1] = "default: " .. tostring(param.default) end
  if values.is_secret(param) then words[#words + 1] = "from a file, or from standard input with -" end
  return table.concat(words, "; ")
end

--- Returns whether --limit replaces a param.
local function is_page_size(entry, param)
  return entry.paging ~= nil and (param.name == entry.paging.limit or param.name == "limit")
end

--- Derives the options of the params.
---@return kms.cli.OptionGroup
local function derive_options(entry)
  local group = { title = "Options" }
  for _, param in ipairs(entry.params) do
    if not is_positional(param) and not is_page_size(entry, param) then
      group[#group + 1] = {
        name = to_option(param.name), value = name_value(param), about = describe(param),
        is_repeated = param.type:find "list" ~= nil, is_required = param.required,
      }
    end
  end
  if entry.paging then
    group[#group + 1] = { name = "--all", about = "all pages" }
    group[#group + 1] = { name = "--limit", value = "N", about = "at most N items, from as many pages as needed",
      convert = options.to_count }
  end
  group[#group + 1] = { name = "--dry-run", about = "print the request with secrets masked, and send nothing" }
  return group
end

local function derive_arguments(entry)
  local list = {}
  for _, param in ipairs(entry.params) do
    if is_positional(param) then list[#list + 1] = { name = param.name:upper(), about = describe(param) } end
  end
  return list
end

--- Collects the params of a call from the command line.
---@param entry kms.Operation
---@param parsed table options of the command line
---@param input file* standard input
---@return table? params, string? problem
function operation.collect_params(entry, parsed, input)
  local params = {}
  for _, param in ipairs(entry.params) do
    local texts = parsed[param.name]
    if type(texts) == "string" then texts = { texts } end
    if type(texts) == "table" and texts[1] ~= nil then
      local value, problem = values.collect(param, texts, input)
      if value == nil then return nil, ("%s: %s"):format(param.name, problem) end
      params[param.name] = value
    end
  end
  return params
end

--- Returns the largest page that is worth asking for.
local function set_page_size(entry, params, limit)
  local name = entry.paging.limit
  for _, param in ipairs(entry.params) do
    if param.name == name and limit and (not param.max or limit <= param.max) then params[name] = limit end
  end
end

--- Prints the items of as many pages as needed.
local function run_pages(client, entry, params, context)
  local field, limit = result.find_items(entry), context.options.limit
  local items, failure = {}, nil
  set_page_size(entry, params, limit)
  -- No `for` loop: Lua 5.1 cannot suspend the iterator of one, and interrupt.run runs this in a task.
  local next_item = client:each(entry.name, params)
  while true do
    local number, item, err = next_item()
    if not number then break end
    if err then
      failure = err
      break
    end
    if context.options.jsonl then
      result.print_items(context, { item }, field)
      if context.out.failure then break end
    else
      items[#items + 1] = item
    end
    limit = limit and limit - 1
    if limit == 0 then break end
  end
  if not context.options.jsonl and (items[1] or not failure) then result.print_items(context, items, field) end
  if not failure then return exit_status.DONE end
  if items[1] then context:note "The list is not complete." end
  return context:fail(failure)
end

--- Returns whether a page is not the last.
local function has_more(entry, object)
  local paging, value = entry.paging, object
  if paging.more then return tostring(object[paging.more]) == "true" end
  for name in (paging.next or paging.total or paging.pages or ""):gmatch "[^.]+" do
    value = type(value) == "table" and value[name] or nil
  end
  if paging.next then return value ~= nil and value ~= "" and value ~= object end
  if paging.pages then return type(value) == "number" and value > 1 end
  return type(value) == "number" and value > #(object[paging.items] or {})
end

local function run_call(client, entry, params, context)
  local object, err = client[entry.name](client, params)
  if not object then return context:fail(err) end
  result.print(context, entry, object)
  if object.warning then context:note("Warning: %s", object.warning) end
  if entry.paging and has_more(entry, object) then context:note "There are more: add --all, or --limit N." end
  return exit_status.DONE
end

--- Validates the params as a call does.
---@return string? problem
local function find_problem(client, entry, params)
  local is_valid, err = client:validate(entry.name, params)
  if not is_valid then return err.message end
end

local function run(name, entry, context)
  local params, problem = operation.collect_params(entry, context.options, context.input)
  if not params then return context:refuse(problem) end
  local client = context:client(name)
  problem = find_problem(client, entry, params)
  if problem then return context:refuse(problem) end
  if context.options.dry_run then return dry_run.print(client, entry, params, context) end
  local run_calls = (context.options.all or context.options.limit) and run_pages or run_call
  local note = not entry.read_only and "the change may have been made" or nil
  return interrupt.run(client, context, note, function() return run_calls(client, entry, params, context) end)
end

--- Quotes a word for a shell, if it needs that.
local function quote(word)
  if word:find "^[%w@%%+=:,./_-]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- Adds the option of a param with a value of the example.
local function add_example_option(words, param, value)
  local name = to_option(param.name)
  local is_text_list = type(value) == "table" and param.type ~= "object" and param.items.type ~= "object"
  for _, item in ipairs(is_text_list and value or { value }) do
    words[#words + 1] = name
    words[#words + 1] = type(item) == "table" and json.line(item, param):gsub("\n$", "") or tostring(item)
  end
end

--- Writes an example with the params that the entry shows.
local function write_example(name, entry)
  local words, options_words = { "kms", name, (entry.name:gsub("_", "-")) }, {}
  for _, param in ipairs(entry.params) do
    local value = entry.example and entry.example[param.name]
    if values.is_secret(param) and (value ~= nil or param.required) then
      options_words[#options_words + 1] = to_option(param.name)
      options_words[#options_words + 1] = "@secret.txt"
    elseif value ~= nil and is_positional(param) then
      words[#words + 1] = tostring(value)
    elseif value ~= nil then
      add_example_option(options_words, param, value)
    end
  end
  for _, word in ipairs(options_words) do words[#words + 1] = word end
  for i, word in ipairs(words) do words[i] = quote(word) end
  return table.concat(words, " ")
end

--- Creates the command of an operation.
---@param name "huawei"|"ncloud"
---@param entry kms.Operation
---@return kms.cli.Command
function operation.new(name, entry)
  return {
    name = (entry.name:gsub("_", "-")),
    about = entry.about,
    entry = entry,
    arguments = derive_arguments(entry),
    options = { derive_options(entry), options.OUTPUT, options.connection(name), options.MESSAGES },
    examples = { { write_example(name, entry) } },
    notes = entry.notes,
    run = function(_, context) return run(name, entry, context) end,
  }
end

return operation
