--- kms.cli.terminal: the terminal and signals.

local subprocess = require "spec.helpers.subprocess"
local terminal = require "kms.cli.terminal"

--- Runs a program on a terminal with a number of columns.
local function run_on_terminal(program, columns)
  local command = ("stty cols %d; %s -e %s"):format(columns, subprocess.lua, subprocess.quote(program))
  return (subprocess.execute(("script -qec %s /dev/null < /dev/null"):format(subprocess.quote(command))):gsub("\r", ""))
end

describe("kms.cli.terminal", function()
  it("knows a terminal and its width", function()
    local program = [[
      local terminal = require "kms.cli.terminal"
      print(terminal.is_terminal(1), terminal.get_width(1))
    ]]
    assert.equal("true\t40\n", run_on_terminal(program, 40))
    assert.equal("true\t200\n", run_on_terminal(program, 200))
  end)

  it("knows that a file is not a terminal, and takes the width of COLUMNS", function()
    local output = subprocess.run([[
      local terminal = require "kms.cli.terminal"
      print(terminal.is_terminal(1), terminal.get_width(1))
    ]], { COLUMNS = "123" })
    assert.equal("false\t123\n", output)
  end)

  it("works without luv, but handles no signal", function()
    local program = [[
      package.preload.luv = function() error "module luv is hidden" end
      local terminal = require "kms.cli.terminal"
      terminal.handle_signals({ sigint = print }):poll()
      print(terminal.has_signals(), terminal.is_terminal(1), terminal.get_width(1))
    ]]
    assert.equal("false\ttrue\t80\n", run_on_terminal(program, 40))
    assert.equal("false\tfalse\t80\n", (subprocess.run(program)))
  end)

  it("calls the handler of a signal at the next poll, and restores the default action", function()
    local output = subprocess.run [[
      local terminal = require "kms.cli.terminal"
      local uv = require "luv"
      local count = 0
      local signals = terminal.handle_signals { sigterm = function() count = count + 1 end }
      uv.kill(uv.os_getpid(), "sigterm")
      print(count)
      signals:poll()
      print(count)
      signals:close()
      io.stdout:flush()
      uv.kill(uv.os_getpid(), "sigterm")
      print "alive"
    ]]
    assert.is_true(terminal.has_signals())
    assert.matches("^0\n1\n", output)
    assert.is_nil(output:find("alive", 1, true))
  end)

  it("runs a program, with luv or without, and returns its status", function()
    local program = [[
      local terminal = require "kms.cli.terminal"
      print(terminal.run_program { "sh", "-c", "exit 3" }, terminal.run_program { "printf", "%s|", "it's", "a b" })
    ]]
    for _, prelude in ipairs { "", 'package.preload.luv = function() error "module luv is hidden" end ' } do
      assert.equal("it's|a b|3\t0\n", (subprocess.run(prelude .. program)))
    end
  end)

  it("ends the program that it runs when SIGTERM arrives", function()
    local output = subprocess.run [[
      local terminal = require "kms.cli.terminal"
      print(terminal.run_program { "sh", "-c", "trap 'echo ended; exit 0' TERM; kill -TERM $PPID; sleep 10 > /dev/null 2>&1 & wait; echo late" })
    ]]
    assert.equal("ended\n0\n", output)
  end)
end)
