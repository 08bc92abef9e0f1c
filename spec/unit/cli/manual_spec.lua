--- kms.cli.manual: the manual page. spec/e2e/reference_spec.lua checks that the committed one is current.

local cli = require "kms.cli"
local exit_status = require "kms.cli.exit_status"
local manual = require "kms.cli.manual"
local subprocess = require "spec.helpers.subprocess"

describe("kms.cli.manual", function()
  local page = manual.generate(cli.root, "1.2.3")

  it("has every command, every operation and every exit status", function()
    local function has(path) return page:find(path:gsub("%-", "\\-"), 1, true) ~= nil end
    for _, group in ipairs(cli.root.list()) do
      for _, command in ipairs(group) do
        assert.is_true(has("kms " .. command.name))
        for _, operations in ipairs(command.list and command.list() or {}) do
          for _, operation in ipairs(operations) do assert.is_true(has(("kms %s %s"):format(command.name, operation.name))) end
        end
      end
    end
    for _, row in ipairs(exit_status.MEANINGS) do assert.is_true(page:find(("\n.B %d\n"):format(row[1]), 1, true) ~= nil) end
  end)

  it("is formatted by man without a warning", function()
    if not select(2, subprocess.execute "sh -c 'command -v man'") then pending "man is not installed" return end
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(page)
    file:close()
    local warnings = subprocess.execute(("MANWIDTH=80 man -l --warnings=w %s 2>&1 > /dev/null"):format(path), { LC_ALL = "C.UTF-8" })
    local text = subprocess.execute(("MANWIDTH=80 man -l %s | cat"):format(path), { LC_ALL = "C" })
    os.remove(path)
    assert.equal("", warnings)
    assert.matches("kms ncloud rename%-key KEY_TAG KEY_NAME %[OPTIONS%]", text)
  end)
end)
