--- kms.cli.json: results as JSON.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cjson = require "cjson.safe"
local cli_bulk = require "spec.helpers.cli_bulk"
local files = require "spec.helpers.files"
local json = require "kms.cli.json"

local unpack = rawget(table, "unpack") or _G.unpack

local FIELD = { type = "object", fields = { { name = "z", type = "string" }, { name = "list", type = "list", items = { type = "integer" } },
  { name = "inner", type = "object", fields = { { name = "b", type = "boolean" } } } } }

describe("kms.cli.json", function()
  it("writes members in the order of the fields, then the others", function()
    assert.equal('{"z":"x","list":[1,2],"inner":{"b":true},"a":1.5}\n',
      json.line({ a = 1.5, z = "x", list = { 1, 2 }, inner = { b = true } }, FIELD))
  end)

  it("has an order for names without types", function()
    assert.equal('{"z":1,"a":2,"b":3}\n', json.line({ a = 2, b = 3, z = 1 }, json.ordered "z a"))
  end)

  it("tells an empty list from an empty object", function()
    assert.equal('{"list":[],"inner":{}}\n', json.line({ list = {}, inner = {} }, FIELD))
  end)

  it("indents a document", function()
    assert.equal('{\n  "z": "x",\n  "list": [\n    1\n  ]\n}\n', json.document({ z = "x", list = { 1 } }, FIELD))
  end)
end)

describe("the JSON of commands about many keys", function()
  local self

  before_each(function() self = cli_bulk.new(4) end)
  after_each(function() self:close() end)

  --- Adds the names of all members, at any depth.
  local function collect_names(value, names)
    for name, member in pairs(value) do
      if type(name) == "string" then names[name] = true end
      if type(member) == "table" and name ~= "headers" then collect_names(member, names) end
    end
  end

  it("is valid, and docs/command.md has all its members", function()
    local list = self:write(("%s\n%s\n"):format(bulk_cloud.key_id(1), bulk_cloud.key_id(9)))
    local swap = self:write "name-1 name-2\nname-2 name-1\n"
    local names = {}
    local function add(...)
      for _, option in ipairs { "--json", "--jsonl" } do
        local words = { ... }
        words[#words + 1] = option
        local _, out = self:run(unpack(words))
        assert.is_true(out ~= "", table.concat(words, " "))
        for document in out:gmatch(option == "--json" and ".+" or "[^\n]+") do
          collect_names(assert(cjson.decode(document)), names)
        end
      end
    end
    local function move(...)
      os.remove(self.journal)
      add("move", list, "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal, ...)
    end
    move "--dry-run"
    move "--yes"
    add("status", self.journal)
    add("undo", self.journal, "--dry-run")
    os.remove(self.journal)
    add("rename", swap, "--dry-run")
    local text = files.read("docs/command.md"):match "### JSON\n(.-)\n## "
    for name in pairs(names) do assert.is_not_nil(text:find("`" .. name .. "`", 1, true), name) end
    assert.is_true(names.outcome and names.temporary and names.uncertain_keys and names.started)
  end)
end)
