local lazy = require "kms.util.lazy"

describe("kms.util.lazy", function()
  local loads

  before_each(function()
    loads = 0
    package.loaded["spec.lazy_module"] = nil
    package.preload["spec.lazy_module"] = function()
      loads = loads + 1
      return { field = 42 }
    end
  end)

  -- A declared module must stay loadable for later specs.
  after_each(function() package.preload["spec.lazy_module"], package.loaded["spec.lazy_module"] = nil, {} end)

  it("loads a module at the first use of a field, once", function()
    local module = lazy "spec.lazy_module"
    assert.equal(0, loads)
    for _ = 1, 2 do assert.equal(42, module.field) end
    assert.is_nil(module.missing)
    assert.equal(1, loads)
  end)

  it("load_all loads every module that was declared", function()
    lazy "spec.lazy_module"
    assert.equal(0, loads)
    lazy.load_all()
    assert.equal(1, loads)
  end)

  it("loads a module at once in NGINX", function()
    package.loaded["kms.util.lazy"] = nil
    rawset(_G, "ngx", {})
    local lazy_in_nginx = require "kms.util.lazy"
    rawset(_G, "ngx", nil)
    package.loaded["kms.util.lazy"] = lazy
    local module = lazy_in_nginx "spec.lazy_module"
    assert.equal(1, loads)
    assert.equal(package.loaded["spec.lazy_module"], module)
  end)
end)
