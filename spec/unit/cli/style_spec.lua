--- kms.cli.style: colours, width and characters of a stream.

local style = require "kms.cli.style"
local subprocess = require "spec.helpers.subprocess"

local function new(variables)
  return style.new(1, function(name) return variables[name] end)
end

local function print_on_terminal(variables)
  local program = [[
    local style = require("kms.cli.style").new(1)
    print(style:paint("failed", "word") == "\27[31mword\27[0m", style:paint("other", "word"))
  ]]
  local command = ("%s -e %s"):format(subprocess.lua, subprocess.quote(program))
  return (subprocess.execute("script -qec " .. subprocess.quote(command) .. " /dev/null < /dev/null", variables):gsub("\r", ""))
end

describe("kms.cli.style", function()
  it("paints the words for outcomes on a terminal only, and never with NO_COLOR or on a dumb one", function()
    assert.equal("true\tword\n", print_on_terminal { TERM = "xterm" })
    assert.equal("false\tword\n", print_on_terminal { TERM = "xterm", NO_COLOR = "1" })
    assert.equal("false\tword\n", print_on_terminal { TERM = "dumb" })
    local output = subprocess.run [[print(require("kms.cli.style").new(1):paint("failed", "word"))]]
    assert.equal("word\n", output)
  end)

  it("finds the encoding by the first variable of the locale that is set", function()
    assert.is_true(new { LANG = "ko_KR.UTF-8" }.is_utf8)
    assert.is_true(new { LC_ALL = "", LANG = "C.utf8" }.is_utf8)
    assert.is_false(new { LC_ALL = "C", LANG = "C.utf8" }.is_utf8)
    assert.is_false(new {}.is_utf8)
    assert.equal("...", new {}.symbols.ellipsis)
  end)

  it("counts characters, not bytes", function()
    assert.equal(3, style.get_length "a…é")
  end)
end)
