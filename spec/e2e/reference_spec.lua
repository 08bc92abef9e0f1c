--- The files that `make reference` writes: they are those of the present entries.

local coverage = require "tools.reference.coverage"
local outputs = require "tools.reference.outputs"

describe("the files that make reference writes", function()
  for path, text in pairs(outputs.generate()) do
    it(path .. " is what the entries of operations say", function()
      local file = assert(io.open(path))
      local present = file:read "*a"
      file:close()
      assert.is_true(present == text, path .. " is out of date: run make reference")
    end)
  end
end)

describe("the coverage of operations", function()
  it("every operation has the specs, the handler and the reference SDK that the report lists", function()
    assert.same({}, coverage.list_gaps(outputs.load_clouds()))
  end)
end)
