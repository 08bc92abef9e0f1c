--- The Debian packages agree with the rest of the project. `make test-deb` builds and installs them.

local files = require "spec.helpers.files"
local installation = require "spec.helpers.installation"
local subprocess = require "spec.helpers.subprocess"

local FOLDER = "packaging/debian/"

--- Parses a control file.
---@return table<string, string>[] stanzas
local function read_control(path)
  local stanzas, field = { {} }, nil
  for line in io.lines(path) do
    local stanza = stanzas[#stanzas]
    if line == "" then
      stanzas[#stanzas + 1] = {}
    elseif line:find "^ " then
      stanza[field] = stanza[field] .. line
    else
      field = line:match "^[^:]+"
      stanza[field] = line:match "^[^:]+: *(.*)"
    end
  end
  return stanzas
end

--- The names in a list of dependencies, without versions and substitutions; of alternatives the first.
local function list_names(text)
  local names = {}
  for item in text:gmatch "[^,]+" do
    local name = item:match "^%s*([%w.+-]+)"
    if name then names[name] = true end
  end
  return names
end

local stanzas = read_control(FOLDER .. "control")
local source, packages = stanzas[1], {}
for _, stanza in ipairs(stanzas) do
  if stanza.Package then packages[stanza.Package] = stanza end
end

describe("packaging/debian/control", function()
  it("names a package for the modules, one for the command and one for development", function()
    assert.is_truthy(packages["lua-kms"] and packages["lua-kms-cli"] and packages["lua-kms-dev"])
    assert.equal("all", packages["lua-kms-cli"].Architecture)
  end)

  it("has every Build-Depends in the part deb of tools/install-deps", function()
    local installed = {}
    for name in files.read("tools/install-deps"):match('\ndeb="([^"]*)"'):gmatch "%S+" do installed[name] = true end
    local names = list_names(source["Build-Depends"])
    names["debhelper-compat"], names["dh-sequence-lua"] = nil, nil -- virtual, of debhelper and dh-lua
    assert.is_truthy(installed.debhelper and installed["dh-lua"])
    for name in pairs(names) do assert.is_true(installed[name] or false, name) end
    assert.is_true(names["libcurl4-openssl-dev"])
  end)

  it("depends on what the library requires, and suggests what parts of it require", function()
    local required = { ["lua-kms"] = { "lua-cjson" }, ["lua-kms-cli"] = { "lua-argparse", "lua-luv", "lua-filesystem", "lua-kms", "lua5.4" } }
    for package, names in pairs(required) do
      local depends = list_names(packages[package].Depends)
      for _, name in ipairs(names) do assert.is_true(depends[name] or false, name) end
    end
    local suggests = list_names(packages["lua-kms"].Suggests)
    for _, name in ipairs { "lua-luv", "lua-filesystem", "lua-luaossl", "lua-cqueues", "lua-copas" } do
      assert.is_true(suggests[name] or false, name)
    end
  end)

  it("provides the names of dh-lua for the Lua versions that debian/rules builds", function()
    local versions = files.read(FOLDER .. "rules"):match "\nABIS = ([^\n]+)"
    assert.equal(versions, packages["lua-kms"]["XB-Lua-Versions"])
    assert.equal("lua" .. versions:gsub(" ", "-kms, lua") .. "-kms", packages["lua-kms"].Provides)
  end)
end)

describe("the Debian packages #inspect", function()
  it("take every file that make install installs into exactly one package", function()
    local folder = installation.new_folder "debian"
    installation.run(installation.make("install", folder, "/usr", [[INSTALL_CMOD=/usr/lib/multiarch/lua/5.4 ]] ..
      [[INSTALL_LMOD=/usr/share/lua/5.4 INSTALL_PC=/usr/lib/multiarch/pkgconfig INSTALL_ZSH_COMPLETION=/usr/share/zsh/vendor-completions]]))
    local patterns = {}
    for package in pairs(packages) do
      for line in io.lines(FOLDER .. package .. ".install") do
        -- A line with two words installs files of the source tree.
        if not line:find " " then patterns[#patterns + 1] = { line = line, glob = "^" .. line:gsub("[%-.]", "%%%0"):gsub("%*", "[^/]*") } end
      end
    end
    local used = {}
    for _, path in ipairs(files.list_lines(("cd %s && find . ! -type d | sed 's,^[.]/,,'"):format(subprocess.quote(folder)))) do
      local takers = {}
      for _, pattern in ipairs(patterns) do
        local rest = path:match(pattern.glob .. "(.*)$")
        if rest and (rest == "" or rest:sub(1, 1) == "/") then takers[#takers + 1] = pattern.line end
      end
      -- debian/rules removes the files of the command from lua-kms, which takes all of usr/share/lua.
      if takers[2] then
        for i, line in ipairs(takers) do
          if line == "usr/share/lua" then table.remove(takers, i) break end
        end
      end
      assert.equal(1, #takers, path)
      used[takers[1]] = true
    end
    for _, pattern in ipairs(patterns) do assert.is_true(used[pattern.line] or false, pattern.line) end
  end)

  it("have tests that their control file lists, and that can be run", function()
    local listed = {}
    for _, stanza in ipairs(read_control(FOLDER .. "tests/control")) do listed[stanza.Tests] = true end
    for _, name in ipairs(files.list_lines(("find %stests -type f -perm /111 -printf '%%f\\n'"):format(FOLDER))) do
      assert.is_true(listed[name] or false, name)
      listed[name] = nil
    end
    assert.is_nil(next(listed))
  end)
end)
