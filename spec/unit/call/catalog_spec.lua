local catalog = require "kms.call.catalog"

describe("kms.call.catalog", function()
  local loaded

  before_each(function()
    loaded = {}
    for _, group in ipairs { { "first", "a", "b" }, { "second" }, { "third", "c" } } do
      package.preload["spec.catalog." .. group[1]] = function()
        loaded[#loaded + 1] = group[1]
        local entries = {}
        for i = 2, #group do entries[i - 1] = { name = group[i] } end
        return entries
      end
    end
  end)

  after_each(function()
    for _, name in ipairs { "first", "second", "third" } do
      package.preload["spec.catalog." .. name], package.loaded["spec.catalog." .. name] = nil, nil
    end
  end)

  local function new_catalog()
    return catalog.new {
      { module = "spec.catalog.first", names = "a b" }, { module = "spec.catalog.second", names = "" },
      { module = "spec.catalog.third", names = "c" },
    }
  end

  it("find loads the group that has the entry, and no other", function()
    local operations = new_catalog()
    assert.same({}, loaded)
    assert.equal("c", operations:find("c").name)
    assert.same({ "third" }, loaded)
    assert.equal("b", operations:find("b").name)
    assert.equal("a", operations:find("a").name)
    assert.same({ "third", "first" }, loaded)
  end)

  it("find returns nil for what is not a name, and loads nothing", function()
    local operations = new_catalog()
    for _, name in ipairs { "d", "a c", 1, {} } do assert.is_nil(operations:find(name)) end
    assert.same({}, loaded)
  end)

  it("each iterates over the entries of all groups in order", function()
    local names = {}
    for entry in new_catalog():each() do names[#names + 1] = entry.name end
    assert.same({ "a", "b", "c" }, names)
    for _ in catalog.new({}):each() do error "a catalog without groups has no entries" end
  end)

  it("loads all groups at once in NGINX", function()
    rawset(_G, "ngx", {})
    local ok, err = pcall(new_catalog)
    rawset(_G, "ngx", nil)
    assert(ok, err)
    assert.same({ "first", "second", "third" }, loaded)
  end)

  it("of returns one catalog per provider", function()
    local provider = { operations = { { module = "spec.catalog.first", names = "a" } } }
    assert.equal(catalog.of(provider), catalog.of(provider))
    assert.equal("a", catalog.of(provider):find("a").name)
  end)
end)
