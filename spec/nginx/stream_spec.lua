--- Calls in NGINX's stream subsystem, whose API this file imitates: Debian has no Lua module for it.

local subprocess = require "spec.helpers.subprocess"

local PROLOGUE = [[
  ngx = { config = { subsystem = "stream" }, socket = { tcp = error }, get_phase = function() return "content" end }
  local kms = require "kms"
  local options = { endpoint = "https://localhost:1", credentials = { access_key = "AK", secret_key = "SK" } }
]]

local MESSAGE = "a call cannot wait in NGINX's stream subsystem; " ..
  "call from the http subsystem, or use kms.transport.curl, which blocks"

--- Runs a program in the imitated subsystem, and returns what it prints.
local function run(program)
  local output, ok = subprocess.run(PROLOGUE .. program)
  assert.is_true(ok, output)
  return (output:gsub("\n$", ""))
end

describe("in NGINX's stream subsystem", function()
  it("a call returns kind invalid, code phase", function()
    assert.equal("nil invalid phase " .. MESSAGE, run [[
      local result, err = kms.ncloud(options):rename_key { key_tag = "a1b2c3", key_name = "newName" }
      print(table.concat({ tostring(result), err.kind, err.code, err.message }, " "))
    ]])
  end)

  it("kms.parallel raises an error", function()
    assert.is_truthy(run [[ print(pcall(function() return kms.parallel():map({ 1 }, type) end)) ]]:find(MESSAGE, 1, true))
  end)

  it("cosocket.new raises an error", function()
    assert.is_truthy(run [[ print(pcall(require("kms.transport.cosocket").new)) ]]:find(
      "kms.transport.cosocket works in NGINX's http subsystem only", 1, true))
  end)

  it("kms.transport.curl works", function()
    assert.equal("transport connect", run [[
      options.transport, options.retry = require("kms.transport.curl").new(), false
      local _, err = kms.ncloud(options):rename_key { key_tag = "a1b2c3", key_name = "newName" }
      print(err.kind .. " " .. err.code)
    ]])
  end)
end)
