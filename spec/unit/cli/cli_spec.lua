--- kms.cli: the command as a whole.

local cli = require "kms.cli"
local files = require "spec.helpers.files"
local kms = require "kms"
local subprocess = require "spec.helpers.subprocess"

local function run(words)
  return subprocess.execute(("%s bin/kms %s"):format(subprocess.lua, words))
end

describe("kms.cli", function()
  it("prints the help when there is no command", function()
    local output, ok = run ""
    assert.is_true(ok)
    assert.matches("^Key management for Huawei Cloud KMS and NAVER Cloud KMS 2.0%.\n\nUsage: kms COMMAND %[OPTIONS%]\n", output)
    assert.matches("Run 'kms COMMAND %-%-help' for options and examples%.\n$", output)
  end)

  it("prints its version", function()
    assert.equal(("kms %s\n"):format(kms._VERSION), (run "--version"))
  end)

  it("names similar commands for one that does not exist", function()
    local output, ok = run "huawei list-keyz"
    assert.is_false(ok)
    assert.equal('kms huawei: no command "list-keyz"; did you mean list-keys?\nRun \'kms huawei --help\' for options and examples.\n',
      output)
  end)

  it("refuses options before the command", function()
    local output, ok = run "--verbose huawei"
    assert.is_false(ok)
    assert.matches('kms: unknown option "%-%-verbose"; options follow the command', output)
  end)

  it("says which module is missing", function()
    local folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir " .. folder)
    for _, name in ipairs { "argparse", "luv" } do files.write(("%s/%s.lua"):format(folder, name), "error 'hidden'") end
    local hidden = { LUA_PATH = folder .. "/?.lua;" .. package.path }
    local output, ok = subprocess.execute(subprocess.lua .. " bin/kms ncloud list-keys", hidden)
    assert.is_false(ok)
    assert.matches("kms ncloud list-keys: the Lua module argparse is missing (Debian: apt-get install lua-argparse)", output, 1, true)
    os.remove(folder .. "/argparse.lua")
    output = subprocess.execute(subprocess.lua .. " bin/kms doctor ncloud --endpoint https://localhost:1 --timeout 1", hidden)
    assert.matches("signals +end a run at once +install lua%-luv", output)
    os.execute("rm -r " .. folder)
  end)

  it("has every command in a group of the help", function()
    local count = 0
    for _, group in ipairs(cli.root.list()) do count = count + #group end
    assert.equal(#require("kms.cli.commands").load(), count)
  end)
end)
