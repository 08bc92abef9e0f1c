--- The documentation as a whole: its links, paths, targets and modules exist, and the README names every page.

local documentation = require "spec.helpers.documentation"
local files = require "spec.helpers.files"
local kms = require "kms"
local markdown = require "spec.helpers.markdown"

local set_of, page, documented, assert_same_names, PAGES, PATHS = documentation.set_of, documentation.page, documentation.documented,
  documentation.assert_same_names, documentation.PAGES, documentation.PATHS

local MAX_README_LINES = 200

-- Top folders of the repository.
local FOLDERS = set_of { "bench", "csrc", "docs", "examples", "fuzz", "lua", "spec", "tools", "types", ".ci", ".github" }

describe("the README", function()
  it("README.md has at most 200 lines", function()
    assert.is_true(#PAGES["README.md"].lines <= MAX_README_LINES)
  end)

  it("README.md links every page of docs", function()
    local text = files.read "README.md"
    for _, path in ipairs(PATHS) do
      if path:find "^docs/" then assert.is_truthy(text:find("](" .. path .. ")", 1, true), path .. " is not linked") end
    end
  end)
end)

describe("references in the documentation", function()
  it("every relative link of the documentation leads to a file and a heading that exist", function()
    local anchors = {}
    for path, each in pairs(PAGES) do anchors[path] = markdown.anchors(each) end
    for _, path in ipairs(PATHS) do
      for _, link in ipairs(markdown.links(PAGES[path])) do
        local target, line = link[1], link[2]
        if not target:find "^%a+://" then
          local file, anchor = target:match "^([^#]*)#?(.*)$"
          local full = file == "" and path or (path:match "^(.*/)" or "") .. file
          full = full:gsub("/%./", "/"):gsub("[^/]+/%.%./", "")
          local place = ("%s:%d: %s"):format(path, line, target)
          assert.is_true(files.exists(full), place)
          if anchor ~= "" then assert.is_true(anchors[full] and anchors[full][anchor] or false, place) end
        end
      end
    end
  end)

  it("every path in backquotes in the documentation exists", function()
    for _, path in ipairs(PATHS) do
      for number, line in ipairs(PAGES[path].prose) do
        for word in line:gmatch "`([%w_./-]+)`" do
          local root = word:match "^([%w_.]+)/"
          local is_example = word:find("acme", 1, true) -- the cloud of adding-a-provider.md
          if root and FOLDERS[root] and not is_example then
            assert.is_true(files.exists(word), ("%s:%d: %s"):format(path, number, word))
          end
        end
      end
    end
  end)

  it("the code in adding-an-operation.md is in the file that the text before it names", function()
    local example, count = page "adding-an-operation", 0
    for _, block in ipairs(example.blocks) do
      if block.info == "json" or block.info == "lua fragment" then
        local path
        for number = 1, block.line do
          for word in example.prose[number]:gmatch "`([%w_./-]+%.%l+)`" do path = files.exists(word) and word or path end
        end
        -- An entry is printed as an item of a list of its own.
        local code = block.text:gsub("^local entries = {\n(.*)}\n$", "%1")
        assert.is_truthy(files.read(path):find(code, 1, true), ("docs/adding-an-operation.md:%d is not in %s"):format(block.line, path))
        count = count + 1
      end
    end
    assert.equal(3, count)
  end)

  it("every module that the documentation names can be found", function()
    local modules = {}
    for _, file in ipairs(files.list_lines "find lua -name '*.lua'") do
      modules[file:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")] = true
    end
    for _, name in ipairs { "kms.sign", "kms.http1", "kms.transport.curl", "kms.transport" } do modules[name] = true end
    for _, path in ipairs(PATHS) do
      for number, line in ipairs(PAGES[path].lines) do
        for name in line:gmatch "%f[%w.]kms%.[%l_%d.]*[%l%d]" do
          local function_name = name:match "^kms%.([%l_]+)$"
          local provider = name:match "^kms%.credentials%.([%l_]+)$"
          local is_known = modules[name] or function_name and kms[function_name] ~= nil
            or provider and kms.credentials[provider] ~= nil or modules[name:match "^(.*)%." or ""]
          assert.is_truthy(is_known, ("%s:%d: %s"):format(path, number, name))
        end
      end
    end
  end)

  local targets = {}
  for line in (files.read "Makefile" .. files.read "packaging/packages.mk"):gmatch "%.PHONY:([^\n]*)" do
    for target in line:gmatch "%S+" do targets[target] = true end
  end
  targets.force, targets["write-installed"] = nil, nil -- rules that only other targets use

  it("development.md lists every target of the Makefile, and no others", function()
    assert_same_names(targets, documented("development", "Make targets"))
  end)

  it("every make target that the documentation names exists", function()
    for _, path in ipairs(PATHS) do
      for number, line in ipairs(PAGES[path].lines) do
        local text = line:find "^    " and line:gsub("^    ", "; "):gsub("&& ", "; "):gsub("#.*", "") or line:gsub("`make", "; make")
        for target in text:gmatch "; make (%l[%l-]*)" do
          assert.is_true(targets[target] or false, ("%s:%d: make %s"):format(path, number, target))
        end
      end
    end
  end)

  it("every measured number in performance.md is in bench/RESULTS.md", function()
    local results = files.read "bench/RESULTS.md"
    for number, line in ipairs(page("performance").prose) do
      for value in line:gmatch "%f[%w.]%d+%.%d+%f[^%w.]" do
        assert.is_truthy(results:find("%f[%w.]" .. value:gsub("%.", "%%.") .. "%f[^%w.]"),
          ("docs/performance.md:%d: %s"):format(number, value))
      end
    end
  end)
end)
