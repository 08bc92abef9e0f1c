--- Checks the entries of a provider's operations: what every entry must have.

local assert = require "luassert"

local METHODS = { GET = true, POST = true, PUT = true, DELETE = true }

--- Asserts that every entry is complete, and that each placeholder of its path is a param or one of `settings`.
---@param entries kms.Operation[]
---@param settings string[] names of the client's settings that a path may contain
return function(entries, settings)
  local names, is_setting = {}, {}
  for _, name in ipairs(settings) do is_setting[name] = true end
  for _, entry in ipairs(entries) do
    assert.matches("^%l[%l%d_]*$", entry.name)
    assert.is_nil(names[entry.name], entry.name .. " exists twice")
    names[entry.name] = true
    assert.is_true(METHODS[entry.method], entry.name)
    assert.is_true(not entry.read_only or entry.method == "GET" or entry.method == "POST", entry.name)
    local params = {}
    for _, param in ipairs(entry.params) do
      assert.is_nil(params[param.name], entry.name .. ": " .. param.name .. " exists twice")
      params[param.name] = param
      assert.is_string(param.type, param.name)
      assert.is_true(param.member ~= nil or entry.path:find("{" .. param.name .. "}", 1, true) ~= nil, param.name .. " is not sent")
      if param.rule then
        assert.is_string(param.rule.text, param.name)
        assert.is_function(param.rule.test, param.name)
      end
    end
    for placeholder in entry.path:gmatch "{([%w_]+)}" do
      assert.is_true(params[placeholder] ~= nil and params[placeholder].required == true or is_setting[placeholder] == true,
        entry.name .. ": {" .. placeholder .. "}")
    end
    for _, field in ipairs(entry.result) do
      assert.matches("^%l[%l%d_]*$", field.name)
      assert.is_string(field.member, field.name)
    end
  end
end
