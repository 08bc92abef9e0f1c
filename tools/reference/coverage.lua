--- Generates the report of what covers each operation: specs of its request and its result, the emulator, and the
--- reference SDK. It is derived from the fixtures of the specs and from the emulator's tables of handlers.

local cjson = require "cjson.safe"
local clouds = require "tools.reference.clouds"
local examples = require "spec.helpers.operation_examples"
local text = require "tools.reference.text"

local coverage = {}

local function read_file(path)
  local file = assert(io.open(path))
  local content = file:read "*a"
  file:close()
  return content
end

--- Reads the facts about a cloud's operations, by name. The specs make a call of each operation from them.
local function read_facts(cloud)
  local facts = {}
  for _, fact in ipairs(assert(cjson.decode(read_file(("spec/fixtures/%s_operations.json"):format(cloud))))) do
    facts[fact.name] = fact
  end
  return facts
end

local INTRO = [[
Every operation has an entry, from which the library derives its method. This report says what else proves it:

- **request**: a spec compares the request with the documentation: method, path, query, body and headers.
- **result**: a spec reads a documented response, or the documented empty one, and every documented error.
- **emulator**: the emulator carries out the example of the reference page. `refused` says that it knows the operation
  and responds that it does not emulate it.
- **reference SDK**: the core of the vendor's SDK for Node.js sends the same request. NAVER Cloud has no SDK for KMS.]]

local COLUMNS = { "request", "result", "emulator", "reference SDK" }

--- Collects what covers an operation.
---@return table<string, boolean|string> covered by column
local function collect(entry, facts, handlers, cloud)
  local fact, is_in_sdk = facts[entry.name], cloud.is_in_sdk or function() return false end
  return {
    request = fact ~= nil and fact.method == entry.method,
    result = fact ~= nil and (fact.response ~= nil or #entry.result == 0),
    emulator = handlers[entry.name] ~= nil and (examples.not_emulated[cloud.name][entry.name] and "refused" or true),
    ["reference SDK"] = is_in_sdk(entry),
  }
end

---@class ReferenceCloud
---@field name string "huawei" or "ncloud"
---@field groups { title: string, entries: kms.Operation[] }[]
---@field is_in_sdk (fun(entry: kms.Operation): boolean)? nil if there is no SDK

---@param cloud ReferenceCloud
---@return { columns: string[], rows: table[], counts: table<string, integer>, total: integer }
local function build_table(cloud)
  local facts, handlers = read_facts(cloud.name), require("kms.emulator." .. cloud.name).operations
  local built = { columns = {}, rows = {}, counts = {}, total = 0 }
  for i, column in ipairs(COLUMNS) do
    if i < #COLUMNS or cloud.is_in_sdk then built.columns[i], built.counts[column] = column, 0 end
  end
  for _, group in ipairs(cloud.groups) do
    for _, entry in ipairs(group.entries) do
      local covered = collect(entry, facts, handlers, cloud)
      built.rows[#built.rows + 1] = { entry = entry, covered = covered }
      built.total = built.total + 1
      for _, column in ipairs(built.columns) do
        built.counts[column] = built.counts[column] + (covered[column] and 1 or 0)
      end
    end
  end
  return built
end

local function add_row(lines, cells) lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |" end

local MARKS = { [true] = "✓", [false] = "–" }

local function add_table(lines, cloud, built)
  local head, rule, sums = { "operation" }, { "---" }, { ("%d operations"):format(built.total) }
  for _, column in ipairs(built.columns) do
    head[#head + 1], rule[#rule + 1] = column, "---"
    sums[#sums + 1] = ("%d"):format(built.counts[column])
  end
  add_row(lines, head)
  add_row(lines, rule)
  for _, row in ipairs(built.rows) do
    local name = row.entry.name
    local cells = { ("[%s](%s.md#%s)"):format(name, cloud.name, name) }
    for _, column in ipairs(built.columns) do cells[#cells + 1] = MARKS[row.covered[column]] or row.covered[column] end
    add_row(lines, cells)
  end
  add_row(lines, sums)
end

--- Lists what is missing: "huawei create_pin: emulator".
---@param reference_clouds ReferenceCloud[]
---@return string[]
function coverage.list_gaps(reference_clouds)
  local gaps = {}
  for _, cloud in ipairs(reference_clouds) do
    local built = build_table(cloud)
    for _, row in ipairs(built.rows) do
      for _, column in ipairs(built.columns) do
        if not row.covered[column] then gaps[#gaps + 1] = ("%s %s: %s"):format(cloud.name, row.entry.name, column) end
      end
    end
  end
  return gaps
end

--- Generates the report.
---@param reference_clouds ReferenceCloud[]
---@return string
function coverage.generate(reference_clouds)
  local total, complete, body = 0, 0, {}
  for _, cloud in ipairs(reference_clouds) do
    local built = build_table(cloud)
    body[#body + 1] = ("\n## %s\n"):format(clouds[cloud.name].title)
    add_table(body, cloud, built)
    total = total + built.total
    for _, row in ipairs(built.rows) do
      local is_complete = true
      for _, column in ipairs(built.columns) do is_complete = is_complete and row.covered[column] end
      complete = complete + (is_complete and 1 or 0)
    end
  end
  local lines = {
    ("# Coverage: %d of %d operations"):format(complete, total), "",
    "<!-- Generated by `make reference` from the entries, the fixtures of the specs and the emulator. -->", "",
  }
  for line in (INTRO:gsub("\n  ", " ") .. "\n"):gmatch "([^\n]*)\n" do
    for _, wrapped in ipairs(text.wrap(line, 110, "", "  ")) do lines[#lines + 1] = wrapped end
  end
  for _, line in ipairs(body) do lines[#lines + 1] = line end
  return table.concat(lines, "\n") .. "\n"
end

return coverage
