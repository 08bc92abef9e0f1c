--- The package as a whole: what make and LuaRocks install, how its shared objects are built, and what `require` does.

local files = require "spec.helpers.files"
local installation = require "spec.helpers.installation"
local kms = require "kms"
local subprocess = require "spec.helpers.subprocess"
local versions = require "spec.helpers.versions"

local LUA, BUILD, VERSION = subprocess.lua, installation.BUILD, installation.VERSION
local quote, run, new_folder = subprocess.quote, installation.run, installation.new_folder

-- One row per shared object: its file, the symbol that it exports, and the library that it loads besides libc. An NGINX
-- worker that does not use libcurl does not load it.
local SHARED_OBJECTS = {
  { path = "kms/http1.so", symbol = "luaopen_kms_http1" },
  { path = "kms/sign.so", symbol = "luaopen_kms_sign", library = "libcrypto" },
  { path = "kms/transport/curl.so", symbol = "luaopen_kms_transport_curl", library = "libcurl" },
}

--- Paths of the Lua modules of the source tree, relative to lua/.
local function lua_files()
  return files.list_lines "cd lua && find . -name '*.lua' | sed 's,^[.]/,,' | LC_ALL=C sort"
end

--- `make install` of the source tree.
local function install_with_make()
  local folder = new_folder "make"
  run(installation.make("install", folder, "/opt/my kms"))
  return folder .. "/opt/my kms"
end

--- `luarocks make` in an unpacked source archive, `luarocks pack`, and an installation of that rock in another tree, when the
--- first is gone.
local function install_with_luarocks()
  local folder = new_folder "luarocks"
  local incdir = LUA == "luajit" and " LUA_INCDIR=" .. files.list_lines("pkg-config --variable=includedir luajit")[1] or ""
  run(([[
    cd %s && export %s && luarocks="luarocks --lua-version %s" &&
    $luarocks make --tree ../first --deps-mode none lua-kms-scm-1.rockspec%s &&
    $luarocks pack --tree ../first lua-kms && rm -r ../first &&
    $luarocks install --tree ../tree --deps-mode none lua-kms-scm-1.*.rock]]):format(quote(installation.unpack_dist(folder)),
    installation.without_git(), VERSION, incdir))
  return folder .. "/tree"
end

local function without_project(path)
  return (path:gsub("[^;]*lua/%?[^;]*;", ""):gsub("[^;]*/build/[^;]*;", function(template)
    return template:find "/modules/" and template or "" -- `make lua-modules` built those
  end))
end

--- Variables of a process that loads the library from an installed tree, and nothing of it from elsewhere.
local function paths_of(root)
  return {
    LUA_PATH = ("%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua;%s"):format(root, VERSION, root, VERSION,
      without_project(package.path)),
    LUA_CPATH = ("%s/lib/lua/%s/?.so;%s"):format(root, VERSION, without_project(package.cpath)),
  }
end

local HOST = ("%s/%s/package-host"):format(BUILD, LUA)

for _, installer in ipairs { { "make", install_with_make }, { "LuaRocks from a packed rock", install_with_luarocks } } do
  describe(("a package installed by %s #inspect"):format(installer[1]), function()
    local reason = installer[2] == install_with_luarocks and versions.find_reason("LuaRocks", "3.0")
    if reason then
      it("is not tested", function() pending(reason) end)
      return
    end
    local root

    setup(function()
      root = installer[2]()
      run(("gcc -std=gnu11 -Wall -Wextra -Werror -rdynamic -o %s spec/e2e/package/host.c $(pkg-config --cflags --libs %s)"):format(
        quote(HOST), LUA))
    end)

    local function each_shared_object(check)
      for _, object in ipairs(SHARED_OBJECTS) do check(object, quote(("%s/lib/lua/%s/%s"):format(root, VERSION, object.path))) end
    end

    it("has every Lua module of the source tree, and no other", function()
      local find = "cd %s/share/lua/%s && find . -name '*.lua' -not -path './kms/emulator/server/*' | sed 's,^[.]/,,' | LC_ALL=C sort"
      assert.same(lua_files(), files.list_lines(find:format(quote(root), VERSION)))
    end)

    it("has every C module, and no other shared object", function()
      local expected = {}
      for i, object in ipairs(SHARED_OBJECTS) do expected[i] = object.path end
      local find = "cd %s/lib/lua/%s && find . -name '*.so' | sed 's,^[.]/,,' | LC_ALL=C sort"
      assert.same(expected, files.list_lines(find:format(quote(root), VERSION)))
    end)

    it("loads, and works, from where it is installed", function()
      local output, ok = subprocess.run([[
        print(require("kms")._VERSION, require("kms.sign").target("/a b"), require("kms.transport.curl").new())
        assert(require("kms.http1").parser("GET", 1))
        local function find(file, path) -- not in Lua 5.1: package.searchpath
          for template in path:gmatch "[^;]+" do
            local candidate = template:gsub("?", file)
            if io.open(candidate) then return candidate end
          end
        end
        for _, path in ipairs { find("kms/init", package.path), find("kms/sign", package.cpath) } do
          assert(path:find(os.getenv "ROOT", 1, true), path)
        end
      ]], { LUA_PATH = paths_of(root).LUA_PATH, LUA_CPATH = paths_of(root).LUA_CPATH, ROOT = root })
      assert.is_true(ok, output)
      assert.equal(kms._VERSION .. "\t/a%20b\tkms.transport.curl (open)\n", output)
    end)

    it("has the command kms and its manual page", function()
      local version, ok = subprocess.execute(quote(root .. "/bin/kms") .. " --version", paths_of(root))
      assert.is_true(ok, version)
      assert.equal(("kms %s\n"):format(kms._VERSION), version)
      local pages = files.list_lines(("find %s -name kms.1"):format(quote(root)))
      assert.equal(1, #pages)
      assert.equal(files.read "bin/kms.1", files.read(pages[1]))
    end)

    it("has the emulator, which serves from where it is installed", function()
      -- LuaRocks may have another interpreter of this version of Lua.
      local script = files.list_lines(("find %s -path '*/bin/kms' | LC_ALL=C sort | tail -n 1"):format(quote(root)))[1]
      local folder = ("%s/%s/installed emulator"):format(BUILD, LUA)
      local kms_words = ("%s %s"):format(LUA, quote(script))
      local output, ok = subprocess.execute(("tools/with-server KMS_INSTALLED %s spec/e2e/package/installed_emulator %s -- bash -c %s"):format(
        quote(folder), kms_words, quote((". %s/env; %s ncloud get-key $KMS_EMULATOR_KEY_TAG"):format(quote(folder), kms_words))),
        paths_of(root))
      assert.is_true(ok, output)
      assert.matches("key_name +oldKeyName", output)
      -- It was stopped with its server.
      assert.is_false(files.exists(folder .. "/nginx.pid"))
    end)

    it("has shared objects that are never unloaded, and bound and made read-only when loaded", function()
      each_shared_object(function(_, file)
        local flags = table.concat(files.list_lines("LC_ALL=C readelf -d " .. file .. " | grep -E '[(]FLAGS(_1)?[)]'"), "\n")
        for _, flag in ipairs { "%f[%w]BIND_NOW%f[%W]", "%f[%w]NOW%f[%W]", "%f[%w]NODELETE%f[%W]" } do assert.matches(flag, flags, file) end
        assert.equal(1, #files.list_lines("LC_ALL=C readelf -lW " .. file .. " | grep GNU_RELRO"), file)
      end)
    end)

    it("has shared objects that export one symbol each", function()
      each_shared_object(function(object, file)
        assert.same({ object.symbol }, files.list_lines("LC_ALL=C readelf --dyn-syms -W " .. file ..
          " | awk '$7 ~ /^[0-9]+$/ && $5 != \"LOCAL\" { print $8 }'"))
      end)
    end)

    it("has shared objects that load no more libraries than they need", function()
      each_shared_object(function(object, file)
        assert.same({ object.library }, files.list_lines("LC_ALL=C readelf -d " .. file ..
          " | sed -n 's/.*(NEEDED).*\\[\\(.*\\)[.]so.*/\\1/p' | grep -vx -e libc -e libpthread")) -- before glibc 2.34, threads are a library
      end)
    end)

    it("lets a program live on that closes its Lua state while libcurl looks up a name", function()
      local output, ok = subprocess.execute(quote(HOST) .. " spec/e2e/package/lookup.lua", paths_of(root))
      assert.is_true(ok, output)
      -- libcurl 8.20 and later looks IPv6 up separately. libcurl before 7.87 closes a handle after its lookup.
      local counts = versions.find_reason("libcurl", "7.87") and "0" or "[12]"
      assert.matches("^" .. counts .. " lookups running\nalive\n$", output)
    end)
  end)
end

describe("the C modules #inspect", function()
  it("say so if they are loaded into another Lua version", function()
    if VERSION == "5.1" then
      pending "Lua 5.1 has no luaL_checkversion"
      return
    end
    local program, names = ("%s/%s/other-version"):format(BUILD, LUA), {}
    run(("gcc -std=gnu11 -Wall -Werror -rdynamic -o %s spec/e2e/package/other_version.c $(pkg-config --cflags --libs %s)"):format(
      quote(program), LUA))
    for i, object in ipairs(SHARED_OBJECTS) do
      names[i] = object.path:gsub("/", "."):gsub("%.so$", "")
    end
    local output, ok = subprocess.execute(("%s %s"):format(quote(program), table.concat(names, " ")))
    assert.is_true(ok, output)
    for _, name in ipairs(names) do
      assert.matches("\n" .. name .. ": version mismatch:", "\n" .. output, 1, true)
    end
  end)

  it("run in Lua 5.1 too if they are built for LuaJIT, because both look for modules in the same folders", function()
    if VERSION ~= "5.1" then return pending "only for LuaJIT and Lua 5.1" end
    local _, is_found = subprocess.execute "sh -c 'command -v lua5.1'"
    if not is_found then return pending "lua5.1 is not installed" end
    run(("LUA_CPATH=%s lua5.1 -e %s"):format(quote(BUILD .. "/luajit/?.so"),
      quote 'require "kms.http1" require "kms.sign" require "kms.transport.curl"'))
  end)
end)

describe("the package #inspect", function()
  it("has the version of the newest release in the change log", function()
    local text = files.read "CHANGELOG.md"
    assert.matches("^%d+%.%d+%.%d+$", kms._VERSION)
    local released = text:match "\n## %[?(%d+%.%d+%.%d+)"
    if released then assert.equal(kms._VERSION, released) else assert.matches("\n## Unreleased\n", text) end
  end)

  it("has a rockspec that luarocks lint accepts", function()
    local reason = versions.find_reason("LuaRocks", "3.0")
    if reason then return pending(reason) end
    run "luarocks lint lua-kms-scm-1.rockspec"
  end)

  it("is built as a whole by make without a target", function()
    local make = "unset MAKEFLAGS MAKEOVERRIDES MAKELEVEL; make -n LUA=%s BUILD=%s/%s/default"
    local commands = table.concat(files.list_lines(make:format(LUA, BUILD, LUA)), "\n")
    for _, object in ipairs(SHARED_OBJECTS) do assert.matches("/" .. object.path, commands, 1, true) end
  end)

  it("can be set up, archived and packaged on a machine that has neither Lua nor pkg-config", function()
    for _, target in ipairs { "setup", "demo", "test", "lint", "dist", "deb", "test-deb", "test-rocks", "clean", "help" } do
      local output, ok = subprocess.execute(("make -n %s LUA=no-such-lua PKG_CONFIG=no-such-pkg-config MAKE=:"):format(target))
      assert.is_true(ok, output)
    end
  end)

  it("says which tool is missing when it cannot be built or installed", function()
    local empty = ("%s/%s/empty"):format(BUILD, LUA)
    for _, row in ipairs {
      { "all CC=no-such-compiler", "no%-such%-compiler is missing" },
      { "all PKG_CONFIG=no-such-pkg-config", "no%-such%-pkg%-config does not find" },
      { "all LUA_PC=no-such-lua", "does not find no%-such%-lua: run 'make setup', or set LUA_INCDIR" },
      { "install INSTALL=no-such-install", "no%-such%-install is missing" },
      { "install LUA=no-such-lua LUA_PC=" .. LUA, "no%-such%-lua does not run: set LUA or LUA_ABI" },
    } do
      local build = row[1]:find "install INSTALL" and "" or " BUILD=" .. quote(empty)
      local output, ok = subprocess.execute(("make -s LUA=%s DESTDIR=%s %s%s"):format(LUA, quote(empty), row[1], build))
      run("rm -rf " .. quote(empty))
      assert.is_false(ok, output)
      assert.matches(row[2], output)
    end
  end)
end)

describe("require 'kms' #inspect", function()
  it("sets no global, reads no variable of the environment, and neither does a constructor", function()
    local output, ok = subprocess.run [[
      local before = {}
      for name in pairs(_G) do before[name] = true end
      require "cjson.safe" -- its global is not ours, nor are those of coxpcall, which Lua 5.1 needs
      pcall(require, "coxpcall")
      for name in pairs(_G) do before[name] = true end
      os.getenv = function(name) print("getenv", name) end
      local kms = require "kms"
      kms.huawei {} kms.ncloud { zone = "kr" }
      for name in pairs(_G) do if not before[name] then print("global", name) end end
    ]]
    assert.equal("", output)
    assert.is_true(ok)
  end)

  it("opens no file but modules and their libraries, and no socket; constructors neither", function()
    local trace = ("%s/%s/require.trace"):format(BUILD, LUA)
    local output, ok = subprocess.run('local kms = require "kms"; kms.huawei {} kms.ncloud {}', {},
      ("strace -f -qq -e trace=openat,open,creat,socket,connect -o %s"):format(trace))
    assert.is_true(ok, output)
    local opened = 0
    for line in io.lines(trace) do
      assert.is_nil(line:find("socket(", 1, true), line)
      local path = line:match '"([^"]*)"'
      if path and not line:find("ENOENT", 1, true) then
        opened = opened + 1
        assert.is_truthy(path:match "%.lua$" or path:match "%.so[%d.]*$" or path:match "ld%.so%.cache$", line)
      end
    end
    assert.is_true(opened > 5)
  end)

  it("loads only the cloud that is used, with all modules that report failures, so that a failure opens no file", function()
    local calls = {
      huawei = { [[huawei { region = "cn-north-4", project_id = ("p"):rep(32), lock_guard = false,]],
        [[update_primary_region { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }]],
        [[{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail, canonicalRequest:PUT|/x|"}]], "ncloud" },
      ncloud = { "ncloud {", [[rename_key { key_tag = "a1b2c3", key_name = "newKeyName" }]],
        [[{"error":{"errorCode":"200","message":"Authentication Failed"}}]], "huawei" },
    }
    for _, call in pairs(calls) do
      local output, ok = subprocess.run(([[
        local fake_transport, kms, refused = require "spec.helpers.fake_transport", require "kms", '%s'
        local client = kms.%s credentials = { access_key = "a", secret_key = "secret" }, transport = fake_transport.new(
          { status = 401, body = refused }, { status = 401, body = refused, headers = { date = "Fri, 02 Jan 2026 13:04:05 GMT" } },
          { status = 503, headers = { ["retry-after"] = "1" }, body = "busy" }, { status = 302 }, { body = "{" },
          { kind = "transport", code = "closed", message = "m", uncertain = true }) }
        assert(client.%s) -- loads the operations of its group
        package.path, package.cpath = "", ""
        for _ = 1, 4 do
          local _, err = client:%s
          print(err.kind, err.attempts, err.diff ~= nil)
        end
        print(pcall(kms.%s))
      ]]):format(call[3], call[1], call[2]:match "^[%w_]+", call[2], call[4]))
      assert.is_true(ok, output)
      local lines = "service\t1\t%s\nprotocol\t3\tfalse\nprotocol\t1\tfalse\ntransport\t4\tfalse\n"
      assert.equal(lines:format(tostring(call[4] == "ncloud")), (output:gsub("false\t[^\n]*not found.*", "")))
      assert.matches("false\t[^\n]*module 'kms." .. call[4] .. "' not found", output)
    end
  end)
end)
