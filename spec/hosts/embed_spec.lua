--- The C program of examples/embed, compiled and run; and the program of examples/cqueues.lua.

local emulator_client = require "spec.helpers.emulator_client"
local host_programs = require "spec.helpers.host_programs"
local loop_hosts = require "spec.helpers.loop_hosts"
local subprocess = require "spec.helpers.subprocess"

local PROGRAM = host_programs.build_tree(subprocess.lua) .. "/embed"

describe("examples/embed #inspect", function()
  local variables = host_programs.variables(subprocess.lua)

  setup(function()
    emulator_client.reset()
    local output, ok = subprocess.execute(("gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -o %s examples/embed/embed.c $(pkg-config --cflags --libs %s)")
      :format(subprocess.quote(PROGRAM), subprocess.lua))
    assert(ok, output)
  end)

  local function run(argument) return subprocess.execute(subprocess.quote(PROGRAM) .. " " .. argument, variables) end

  it("prints the name of a key", function()
    local output, ok = run(variables.KMS_EMULATOR_KEY_TAG)
    assert.is_true(ok, output)
    assert.equal(emulator_client.state().keys[variables.KMS_EMULATOR_KEY_TAG].key_name .. "\n", output)
  end)

  it("prints an error of the cloud and fails", function()
    local output, ok = run(("z"):rep(52))
    assert.is_false(ok)
    assert.matches("^ncloud get_key z+: service error ", output)
  end)

  it("says how it is used", function()
    local output, ok = run ""
    assert.is_false(ok)
    assert.matches("^usage: [^\n]*embed KEY_TAG\n$", output)
  end)
end)

describe("examples/cqueues.lua", function()
  it("makes calls while the rest of the program goes on", function()
    if not loop_hosts.find "cqueues" then
      pending "cqueues is not installed for this Lua"
      return
    end
    emulator_client.reset()
    local variables = host_programs.variables(subprocess.lua)
    local tag = variables.KMS_EMULATOR_KEY_TAG
    local output, ok = subprocess.execute(("%s examples/cqueues.lua %s %s"):format(subprocess.lua, tag, ("z"):rep(52)), variables)
    assert.is_true(ok, output)
    local name = emulator_client.state().keys[tag].key_name
    assert.matches(("%s is named %s\n"):format(tag, name), output, 1, true)
    assert.matches("ncloud get_key z+: service error ", output)
    assert.is_true(tonumber(output:match "the program went on: (%d+) ticks\n$") > 0)
  end)
end)
