--- kms.cli.operation: the command of one operation.

local cli_context = require "spec.helpers.cli_context"
local emulator = require "kms.emulator"
local files = require "spec.helpers.files"
local json = require "kms.cli.json"
local kms = require "kms"
local operation = require "kms.cli.operation"
local parser = require "kms.cli.parser"
local values = require "kms.cli.values"

local accounts = { huawei = emulator.fixtures.accounts[1] }
for _, account in ipairs(emulator.fixtures.accounts) do
  if account.provider == "ncloud" and not accounts.ncloud then accounts.ncloud = account end
end

local function new_client(name, transport)
  local account = accounts[name]
  local credentials = { access_key = account.access_key, secret_key = account.secret_key }
  if name == "ncloud" then return kms.ncloud { credentials = credentials, transport = transport } end
  return kms.huawei { region = "cn-north-4", project_id = account.projects["cn-north-4"], credentials = credentials,
    transport = transport }
end

--- Runs a command line of a cloud against an emulator.
local function run(name, words, fields)
  local match = assert(parser.find(require("kms.cli." .. name), words))
  local options = assert(parser.parse(match))
  local context = cli_context.new(options, fields)
  context.client = function() return new_client(name, fields and fields.transport or emulator.new()) end
  local status = match.command.run(options, context)
  local out, err = context.get_output()
  return status, out, err
end

local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

describe("kms.cli.operation", function()
  it("calls an operation with its required params in order", function()
    local status, out = run("ncloud", { "rename-key", TAG, "newName" })
    assert.equal(0, status)
    assert.matches("key_name  newName\n", out)
  end)

  it("refuses a value before anything is sent", function()
    local cloud = emulator.new()
    local status, _, err = run("ncloud", { "rename-key", TAG, "ab" }, { transport = cloud })
    assert.equal(1, status)
    assert.matches('key_name must be 3 to 15 characters', err)
    assert.equal(0, cloud:requests())
  end)

  it("gets pages until the limit, or all", function()
    local _, out = run("huawei", { "list-keys", "--limit", "2", "--jsonl" })
    assert.equal(2, select(2, out:gsub("\n", "\n")))
    _, out = run("ncloud", { "list-keys", "--all", "--page-size", "3", "--jsonl" })
    assert.equal(8, select(2, out:gsub("\n", "\n")))
  end)

  it("says that a page is not the last", function()
    local _, _, err = run("ncloud", { "list-keys", "--page-size", "3" })
    assert.matches("There are more: add %-%-all, or %-%-limit N%.", err)
    _, _, err = run("ncloud", { "list-keys" })
    assert.equal("", err)
  end)

  it("returns the status of the error of a call", function()
    local status, _, err = run("huawei", { "list-key-detail", "00000000-0000-0000-0000-000000000000" })
    assert.equal(2, status)
    assert.matches("^kms test: KMS%.%d+: ", err)
  end)

  it("takes the params of the example of every operation from a command line", function()
    for _, name in ipairs { "huawei", "ncloud" } do
      for _, group in ipairs(require("kms.cli." .. name).list()) do
        for _, command in ipairs(group) do
          local entry, words, paths = command.entry, { (command.entry.name:gsub("_", "-")) }, {}
          local expected = {}
          for _, param in ipairs(entry.params) do
            local value = entry.example and entry.example[param.name]
            local is_page_size = entry.paging and param.name == "limit"
            if value ~= nil and not is_page_size then
              expected[param.name] = value
              local text = type(value) == "table" and json.line(value, param) or tostring(value)
              if values.is_secret(param) then
                paths[#paths + 1] = os.tmpname()
                files.write(paths[#paths], text)
                text = "@" .. paths[#paths]
              end
              local is_argument = false
              for _, argument in ipairs(command.arguments) do is_argument = is_argument or argument.name == param.name:upper() end
              if not is_argument then words[#words + 1] = "--" .. param.name:gsub("_", "-") end
              words[#words + 1] = text
            end
          end
          local match = assert(parser.find(require("kms.cli." .. name), words))
          local params = assert(operation.collect_params(entry, assert(parser.parse(match)), io.stdin))
          for _, path in ipairs(paths) do os.remove(path) end
          assert.same(expected, params, command.name)
          assert.is_true(new_client(name, emulator.new()):validate(entry.name, params))
        end
      end
    end
  end)

  it("shows an example of every operation that can be parsed", function()
    for _, name in ipairs { "huawei", "ncloud" } do
      for _, group in ipairs(require("kms.cli." .. name).list()) do
        for _, command in ipairs(group) do
          local words = {}
          local pipe = assert(io.popen("printf '%s\\n' " .. command.examples[1][1]))
          for word in pipe:lines() do words[#words + 1] = word end
          pipe:close()
          assert.same({ "kms", name, command.name }, { table.remove(words, 1), table.remove(words, 1), table.remove(words, 1) })
          local _, problem = parser.parse { command = command, path = "kms", words = words }
          assert.is_nil(problem, command.examples[1][1])
        end
      end
    end
  end)

  it("has options with different names for every operation, and none that hides an option of all", function()
    for _, name in ipairs { "huawei", "ncloud" } do
      for _, group in ipairs(require("kms.cli." .. name).list()) do
        for _, command in ipairs(group) do
          local seen = { ["--help"] = true }
          for _, options in ipairs(command.options) do
            for _, option in ipairs(options) do
              assert.is_nil(seen[option.name], command.name .. " " .. option.name)
              seen[option.name] = true
            end
          end
          local params = 0
          for _, param in ipairs(command.entry.params) do
            local is_option = seen["--" .. param.name:gsub("_", "-")]
            local is_argument = false
            for _, argument in ipairs(command.arguments) do is_argument = is_argument or argument.name == param.name:upper() end
            assert.is_true(is_option and not is_argument or is_argument and not is_option, command.name .. " " .. param.name)
            params = params + 1
          end
          assert.equal(#command.entry.params, params)
        end
      end
    end
  end)
end)
