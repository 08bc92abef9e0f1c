--- The README against the code: its programs compile and run, its tables name what there is.

local child = require "spec.helpers.subprocess"
local huawei = require "kms.huawei"
local ncloud = require "kms.ncloud"

local file = assert(io.open "README.md")
local README = file:read "*a"
file:close()

local function blocks(language)
  local found = {}
  for block in README:gmatch("```" .. language .. "\n(.-)```") do found[#found + 1] = block end
  return found
end

local load_text = rawget(_G, "loadstring") or load

describe("the README", function()
  it("has Lua programs that compile", function()
    local count = 0
    for _, block in ipairs(blocks "lua") do
      count = count + 1
      assert(load_text(block))
    end
    assert.is_true(count >= 6)
  end)

  it("has programs about the emulator and about signing that run as they stand", function()
    local count = 0
    for _, block in ipairs(blocks "lua") do
      if block:find("emulator.new()", 1, true) or block:find('require "kms.sign"', 1, true) then
        count = count + 1
        local output, ok = child.run(block)
        assert.is_true(ok, output)
      end
    end
    assert.equal(3, count)
  end)

  local function names(word)
    assert.is_truthy(README:find("`" .. word, 1, true) or README:find(word .. "`", 1, true), word .. " is not in the README")
  end

  it("names every operation, its fields and its results", function()
    for _, provider in ipairs { huawei, ncloud } do
      for _, row in ipairs(provider.operations) do
        assert.is_truthy(README:find(":" .. row.name .. "(", 1, true), row.name)
        for _, field in ipairs(row.fields) do names(field.name) end
        for _, name in pairs(row.reply) do names(name) end
      end
    end
  end)

  it("names every option and every variable", function()
    for _, provider in ipairs { huawei, ncloud } do
      for _, list in ipairs { provider.options, provider.credentials } do
        for _, field in ipairs(list) do
          assert.is_truthy(README:find(field.name, 1, true), field.name)
          for _, variable in ipairs(field.variables or {}) do names(variable) end
        end
      end
    end
    for _, option in ipairs { "credentials", "timeout", "transport", "lock_guard", "retry", "on_retry", "attempts", "base", "cap",
      "attempt_timeout", "ca_file", "ca_path", "client_cert", "client_key", "client_key_password", "connect_timeout", "max_response",
      "keepalive", "http_version", "proxy", "no_proxy", "max_in_flight", "concurrency", "order" } do
      names(option)
    end
  end)
end)
