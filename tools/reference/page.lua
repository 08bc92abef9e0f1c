--- Generates the reference page of a cloud: an index by group, then a section per operation.

local clouds = require "tools.reference.clouds"
local text = require "tools.reference.text"

local page = {}

local WIDTH = 110

local PLURALS = { string = "strings", integer = "integers", number = "numbers", boolean = "booleans", time = "times",
  object = "objects", list = "lists" }

local function add(lines, ...)
  for _, line in ipairs { ... } do lines[#lines + 1] = line end
end

local function add_all(lines, more) add(lines, (rawget(table, "unpack") or _G.unpack)(more)) end

local function add_paragraph(lines, words)
  add_all(lines, text.wrap(words, WIDTH, "", ""))
  add(lines, "")
end

local function add_bullet(lines, words, depth)
  local indent = ("  "):rep(depth or 0)
  add_all(lines, text.wrap(words, WIDTH, indent .. "- ", indent .. "  "))
end

local function describe_type(field)
  local words = {}
  for kind in field.type:gmatch "[^|]+" do
    if kind == "list" then
      words[#words + 1] = "list of " .. (PLURALS[field.items.type] or "values")
    else
      words[#words + 1] = kind
    end
  end
  return table.concat(words, " or ")
end

local function add_sentence(sentences, words)
  sentences[#sentences + 1] = words:find "[.…]$" and words or words .. "."
end

local function quote_code(value) return "`" .. text.to_lua(value) .. "`" end

local function list_values(values)
  local words = {}
  for i, value in ipairs(values) do words[i] = quote_code(value) end
  return table.concat(words, ", ")
end

local function describe_range(field)
  if field.min and field.max then return ("%d to %d"):format(field.min, field.max) end
  return field.min and ("at least %d"):format(field.min) or field.max and ("at most %d"):format(field.max)
end

local function capitalize(words) return (words:gsub("^%l", string.upper)) end

--- Describes a field in sentences.
local function describe_field(field)
  local sentences = {}
  if field.about then add_sentence(sentences, capitalize(field.about)) end
  if field.values then add_sentence(sentences, "Values: " .. list_values(field.values)) end
  local rule = field.rule or field.items and field.items.rule
  if rule then add_sentence(sentences, "Must be " .. rule.text) end
  if describe_range(field) then add_sentence(sentences, "Range: " .. describe_range(field)) end
  if field.default ~= nil then add_sentence(sentences, "Default: " .. quote_code(field.default)) end
  if field.secret then add_sentence(sentences, "**Secret**") end
  return table.concat(sentences, " ")
end

--- Adds a bullet per field. Fields of objects follow one step further to the right.
---@param mark string for fields that must be there
local function add_fields(lines, fields, depth, mark)
  for _, field in ipairs(fields) do
    local kind = describe_type(field) .. (field.required and ", " .. mark or "")
    add_bullet(lines, ("`%s` (%s): %s"):format(field.name, kind, describe_field(field)), depth)
    local inner = field.fields or field.items and field.items.fields
    if inner then add_fields(lines, inner, depth + 1, mark) end
  end
end

--- Writes the params of an example in the order of the entry.
local function write_example(cloud, entry)
  local members = {}
  for _, param in ipairs(entry.params) do
    local value = entry.example and entry.example[param.name]
    if value ~= nil then members[#members + 1] = ("%s = %s"):format(param.name, text.to_lua(value)) end
  end
  local call = ("local result, err = %s:%s"):format(cloud, entry.name)
  if #members == 0 then return call .. " {}" end
  local line = ("%s { %s }"):format(call, table.concat(members, ", "))
  if #line <= WIDTH then return line end
  return ("%s {\n  %s,\n}"):format(call, table.concat(members, ",\n  "))
end

local function describe_repeat(entry)
  if entry.read_only then return "it changes nothing, so it is repeated after every failure that may pass." end
  if entry.repeatable then return "it sets the same final state, so it is repeated after an uncertain failure too." end
  return "only after a failure that certainly changed nothing."
end

local function add_source(lines, source)
  local url = source:find "^https?://" and source or source:find "^[%w.-]+%.%a+/%S+$" and "https://" .. source
  add_bullet(lines, "Source: " .. (url and ("<%s>"):format(url) or source))
end

local function add_notes(lines, cloud, entry)
  add(lines, "Notes:", "")
  if entry.paging then
    local loop = ('for number, item, err in %s:each("%s", params) do'):format(cloud, entry.name)
    add_bullet(lines, ("Pages: `%s` iterates over the items of all pages."):format(loop))
  end
  add_bullet(lines, "Repeat: " .. describe_repeat(entry))
  if entry.auth then add_bullet(lines, "Authentication: " .. (clouds.authentication[entry.auth] or entry.auth)) end
  if entry.permission then add_bullet(lines, ("Permission: `%s`."):format(entry.permission)) end
  if entry.error_status and entry.error_status[1] then
    add_bullet(lines, ("Documented statuses of errors: %s."):format(table.concat(entry.error_status, ", ")))
  end
  for _, note in ipairs(entry.notes or {}) do add_bullet(lines, note) end
  for _, source in ipairs(entry.sources) do add_source(lines, source) end
  add(lines, "")
end

local function add_operation(lines, cloud, entry)
  add(lines, "### " .. entry.name, "")
  add_paragraph(lines, entry.about)
  add(lines, "```lua fragment", write_example(cloud, entry), "```", "")
  add_paragraph(lines, ("%s: `%s %s`"):format(entry.official, entry.method, entry.path))
  if entry.params[1] then
    add(lines, "Parameters:", "")
    add_fields(lines, entry.params, 0, "required")
  else
    add(lines, "No parameters.")
  end
  add(lines, "")
  if entry.result[1] then
    add(lines, "Result:", "")
    add_fields(lines, entry.result, 0, "always")
  else
    add(lines, "The result has no fields of its own.")
  end
  add(lines, "")
  add_notes(lines, cloud, entry)
end

--- Lists the paths of the secret fields in a list of fields, such as "plaintext" or "tokens.value".
local function collect_secrets(fields, prefix, paths)
  for _, field in ipairs(fields) do
    local path = prefix .. field.name
    if field.secret then paths[#paths + 1] = "`" .. path .. "`" end
    collect_secrets(field.fields or field.items and field.items.fields or {}, path .. ".", paths)
  end
  return paths
end

local function link(entry) return ("[%s](#%s)"):format(entry.name, entry.name) end

local function add_secrets(lines, groups)
  add(lines, "## Results that hold secrets", "")
  add_paragraph(lines, "No error, no hook and no text of this library contains these values. A program that prints or "
    .. "keeps a result is responsible for them.")
  for _, group in ipairs(groups) do
    for _, entry in ipairs(group.entries) do
      local paths = collect_secrets(entry.result, "", {})
      if paths[1] then add_bullet(lines, ("%s: %s"):format(link(entry), table.concat(paths, ", "))) end
    end
  end
  add(lines, "")
end

local function add_index(lines, groups)
  add(lines, "## Index", "")
  for _, group in ipairs(groups) do
    local links = {}
    for i, entry in ipairs(group.entries) do links[i] = link(entry) end
    add_bullet(lines, ("%s: %s"):format(group.title, table.concat(links, ", ")))
  end
  add_bullet(lines, "[Results that hold secrets](#results-that-hold-secrets), "
    .. "[error codes with a hint](#error-codes-with-a-hint)")
  add(lines, "")
end

--- Converts the Lua pattern of a hint to the code or codes that it stands for.
local function describe_pattern(pattern)
  return (pattern:gsub("^%^", ""):gsub("%$$", ""):gsub("%?", ""):gsub("%%(.)", "%1"))
end

--- Joins the codes that have the same hint.
---@param hints kms.Hint[]
---@return { codes: string[], hint: string }[]
local function group_hints(hints)
  local groups, by_hint = {}, {}
  for _, entry in ipairs(hints) do
    local code = "`" .. describe_pattern(entry.code) .. "`"
    if entry.text then code = ("%s with %q in the message"):format(code, entry.text) end
    local group = by_hint[entry.hint]
    if not group then
      group = { codes = {}, hint = entry.hint:gsub("{(%l+)}", "the called %1") }
      groups[#groups + 1], by_hint[entry.hint] = group, group
    end
    group.codes[#group.codes + 1] = code
  end
  return groups
end

local function add_hints(lines, hints)
  add(lines, "## Error codes with a hint", "")
  add_paragraph(lines, "The code and the message of an error are those of the cloud. For these codes a hint follows "
    .. "the message.")
  for _, group in ipairs(group_hints(hints)) do
    add_bullet(lines, ("%s: %s"):format(table.concat(group.codes, ", "), group.hint))
  end
end

local GENERATED = "<!-- Generated from lua/kms/%s/operations by `make reference`. Changes belong there. -->"

local INTRO = [[
Each operation is a method of a client of `kms.%s`. It takes a table of parameters and the options of the call.
It returns a table, or `nil` and an error ([errors](../errors.md)). Every result also has `request_id`, the
cloud's id of the request, and `warning`, if there is something to repair. A field of a result is absent if the
response does not have it, unless it is marked `always`. A time is a number of seconds since 1970-01-01 UTC.
Listed values are those that the cloud documents. Other values are sent too, because the cloud adds some.]]

--- Generates the page of a cloud.
---@param cloud string "huawei" or "ncloud"
---@param groups { title: string, entries: kms.Operation[] }[]
---@param hints kms.Hint[]
---@return string
function page.generate(cloud, groups, hints)
  local about, count = clouds[cloud], 0
  for _, group in ipairs(groups) do count = count + #group.entries end
  local lines = { ("# %s: %d operations"):format(about.title, count), "" }
  add(lines, GENERATED:format(cloud), "")
  add_paragraph(lines, INTRO:format(cloud))
  add_paragraph(lines, about.intro)
  add(lines, "```lua", about.program, "```", "")
  add_paragraph(lines, "The examples below use this client.")
  add_index(lines, groups)
  for _, group in ipairs(groups) do
    add(lines, "## " .. group.title, "")
    for _, entry in ipairs(group.entries) do add_operation(lines, cloud, entry) end
  end
  add_secrets(lines, groups)
  add_hints(lines, hints)
  return table.concat(lines, "\n") .. "\n"
end

return page
