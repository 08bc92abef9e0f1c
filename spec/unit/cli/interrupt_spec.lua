--- kms.cli.interrupt: Ctrl-C and SIGTERM during a call.

local cli_context = require "spec.helpers.cli_context"
local emulator = require "kms.emulator"
local interrupt = require "kms.cli.interrupt"
local kms = require "kms"
local subprocess = require "spec.helpers.subprocess"
local terminal = require "kms.cli.terminal"

local function new_client()
  return kms.ncloud { transport = emulator.new(), credentials = { access_key = "a", secret_key = "s" } }
end

--- Runs a program whose call sends itself a signal and then waits for a long time.
local function run_interrupted(signal)
  return subprocess.execute(subprocess.lua .. " -e " .. subprocess.quote(([[
    local cli_context, interrupt = require "spec.helpers.cli_context", require "kms.cli.interrupt"
    local kms, output, uv = require "kms", require "kms.cli.output", require "luv"
    local client = kms.ncloud { credentials = { access_key = "a", secret_key = "s" } }
    local context = cli_context.new({}, { err = output.new(io.stderr), out = output.new(io.stdout) })
    interrupt.run(client, context, "note", function()
      uv.kill(uv.os_getpid(), "%s")
      client:sleep(60)
    end)
  ]]):format(signal)) .. " 2>&1; echo \"status $?\"")
end

describe("kms.cli.interrupt", function()
  it("returns what the call returns", function()
    assert.equal(7, interrupt.run(new_client(), cli_context.new(), nil, function() return 7 end))
  end)

  it("raises what the call raises", function()
    local ok, problem = pcall(interrupt.run, new_client(), cli_context.new(), nil, function() error("fault", 0) end)
    assert.is_false(ok)
    assert.equal("fault", problem)
  end)

  it("ends the program at Ctrl-C and at SIGTERM while a call waits", function()
    assert.equal("\nkms test: interrupted; note\nstatus 130\n", (run_interrupted "sigint"))
    assert.equal("kms test: interrupted; note\nstatus 143\n", (run_interrupted "sigterm"))
  end)

  it("looks for signals outside of the tasks of the call", function()
    local handle_signals, outside = terminal.handle_signals, coroutine.running()
    local polls, is_inside = 0, false
    function terminal.handle_signals()
      return { close = function() end, poll = function()
        polls, is_inside = polls + 1, is_inside or coroutine.running() ~= outside
      end }
    end
    local client = new_client()
    local ok, result = pcall(interrupt.run, client, cli_context.new(), nil, function()
      client:sleep(0.02)
      return "result"
    end)
    terminal.handle_signals = handle_signals
    assert.same({ true, "result", false }, { ok, result, is_inside })
    assert.is_true(polls >= 1)
  end)

  it("runs the call without luv too", function()
    local output = subprocess.run [[
      package.preload.luv = function() error "module luv is hidden" end
      local interrupt = require "kms.cli.interrupt"
      print(interrupt.run(nil, nil, nil, function() return "result" end))
    ]]
    assert.equal("result\n", output)
  end)
end)
