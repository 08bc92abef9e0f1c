--- `make dist`: the source archive is complete, reproducible, and needs no Git.

local files = require "spec.helpers.files"
local installation = require "spec.helpers.installation"
local kms = require "kms"
local lua_modules = require "spec.helpers.lua_modules"
local subprocess = require "spec.helpers.subprocess"
local versions = require "spec.helpers.versions"

local quote, run, new_folder = subprocess.quote, installation.run, installation.new_folder
local make_dist = installation.make_dist
local NAME = "lua-kms-" .. kms._VERSION

describe("a source archive #inspect", function()
  local folder, archive, tree

  setup(function()
    folder = new_folder "dist"
    tree = installation.unpack_dist(folder)
    archive = ("%s/%s.tar.gz"):format(folder, NAME)
  end)

  it("has sorted names, one time, one owner, and modes that do not depend on the umask", function()
    local listing = files.list_lines(("LC_ALL=C TZ=UTC tar -t -v --full-time --numeric-owner -f %s"):format(quote(archive)))
    local names, times = {}, {}
    for i, line in ipairs(listing) do
      local mode, owner, time, name = line:match "^(%S+) (%S+) +%d+ (%S+ %S+) (.+)$"
      assert.matches("^%-rwxr%-xr%-x$", (mode:gsub("^%-rw%-r%-%-r%-%-$", "-rwxr-xr-x")), name)
      assert.equal("0/0", owner)
      times[time], names[i] = true, name
      assert.equal(NAME .. "/", name:sub(1, #NAME + 1))
    end
    assert.is_nil(next(times, (next(times))))
    local sorted = {}
    for i, name in ipairs(names) do sorted[i] = name end
    table.sort(sorted)
    assert.same(sorted, names)
  end)

  it("has the same bytes when it is made again, also from its own content", function()
    local content = files.read(archive)
    assert.is_true(content == files.read(make_dist(".", new_folder "dist-again")))
    run(("touch %s/README.md && chmod -R go-rwx %s"):format(quote(tree), quote(tree)))
    assert.is_true(content == files.read(make_dist(tree, new_folder "dist-from-archive")))
  end)

  -- package_spec builds it.
  it("passes specs of the library without Git", function()
    local built = files.list_lines("realpath " .. quote(installation.BUILD .. "/" .. subprocess.lua))[1]
    local paths = lua_modules.after(subprocess.lua, "./lua/?.lua;./lua/?/init.lua", built .. "/?.so")
    run(("cd %s && export %s LUA_PATH=%s LUA_CPATH=%s && busted --lua=%s %s"):format(quote(tree), installation.without_git(),
      quote(paths.LUA_PATH), quote(paths.LUA_CPATH), files.list_lines("command -v " .. subprocess.lua)[1],
      "spec/unit/sign spec/unit/client_spec.lua"))
  end)

  it("comes with a rockspec of its version that luarocks lint accepts", function()
    local reason = versions.find_reason("LuaRocks", "3.0")
    if reason then return pending(reason) end
    local rockspec = ("%s/%s-1.rockspec"):format(folder, NAME)
    local text = files.read(rockspec)
    assert.matches(('local release = "%s"'):format(kms._VERSION), text, 1, true)
    assert.equal(files.read "lua-kms-scm-1.rockspec", (text:gsub('(local release = ")[^"]*', "%1scm", 1)))
    run("luarocks lint " .. quote(rockspec))
  end)
end)
