--- The package as a whole: what it installs, what `require` does, and that the lists kept in several places agree.

local child = require "spec.helpers.subprocess"
local kms = require "kms"

local LUA, BUILD = child.lua, os.getenv "BUILD" or "build"

-- What each shared object exports, and loads beside libc: an NGINX worker that never uses libcurl does not load it.
local OBJECTS = {
  { path = "kms/sign.so", symbol = "luaopen_kms_sign", loads = "libcrypto" },
  { path = "kms/transport/curl.so", symbol = "luaopen_kms_transport_curl", loads = "libcurl" },
  { path = "kms/http1/reader.so", symbol = "luaopen_kms_http1_reader" },
}

local function lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

--- Runs a shell command; its output is shown when it fails.
local function run(command)
  local lines = lines_of(command .. " 2>&1; echo $?")
  local status = table.remove(lines)
  assert.equal("0", status, command .. "\n" .. table.concat(lines, "\n"))
end

local function rockspec()
  local fields = {}
  local chunk
  if rawget(_G, "setfenv") then
    chunk = assert(loadfile "lua-kms-scm-1.rockspec")
    rawget(_G, "setfenv")(chunk, fields)
  else
    chunk = assert(loadfile("lua-kms-scm-1.rockspec", "t", fields))
  end
  chunk()
  return fields
end

--- Lua modules of the tree: name -> file.
local function modules()
  local found = {}
  for _, path in ipairs(lines_of "find lua -name '*.lua'") do
    found[path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")] = path
  end
  return found
end

describe("the package", function()
  it("has a rockspec that names every Lua module of the tree, and no other", function()
    local named = {}
    for name, module in pairs(rockspec().build.modules) do
      if type(module) == "string" then named[name] = module end
    end
    assert.same(modules(), named)
  end)

  it("has a rockspec that compiles what the Makefile compiles", function()
    local makefile = read("Makefile"):gsub("\\\n%s*", "")
    for variable, name in pairs { SIGN_SOURCES = "kms.sign", CURL_SOURCES = "kms.transport.curl", READER_SOURCES = "kms.http1.reader" } do
      local sources = {}
      for source in makefile:match("\n" .. variable .. "%s*=([^\n]*)"):gmatch "%S+" do sources[#sources + 1] = source end
      assert.same(sources, rockspec().build.modules[name].sources)
    end
    local compiled = {}
    for _, module in pairs(rockspec().build.modules) do
      for _, source in ipairs(type(module) == "table" and module.sources or {}) do compiled[source] = true end
    end
    for _, source in ipairs(lines_of "find csrc -name '*.c'") do assert.is_true(compiled[source], source .. " is not compiled") end
  end)

  it("has one version", function()
    assert.equal(kms._VERSION, read("CHANGELOG.md"):match "\n## (%d+%.%d+%.%d+)")
  end)

  it("is accepted by luarocks lint, and installs and loads through luarocks", function()
    local root = ("%s/%s/rock"):format(BUILD, LUA)
    local incdir = lines_of("pkg-config --variable=includedir " .. LUA)[1]
    run("luarocks lint lua-kms-scm-1.rockspec")
    -- A copy: the builtin build leaves its objects in the source tree.
    run(("rm -rf %s && mkdir -p %s/src && cp -r lua csrc examples lua-kms-scm-1.rockspec %s/src/"):format(root, root, root))
    local version = LUA == "luajit" and "5.1" or "5.4"
    local include = LUA == "luajit" and " LUA_INCDIR=" .. incdir or ""
    run(("cd %s/src && luarocks --lua-version %s make --tree ../tree --deps-mode none lua-kms-scm-1.rockspec%s"):format(root, version, include))
    local program = ([[
      package.path = "%s/tree/share/lua/%s/?.lua;%s/tree/share/lua/%s/?/init.lua;" .. package.path:gsub("[^;]*/lua/%%?[^;]*;", "")
      package.cpath = "%s/tree/lib/lua/%s/?.so"  .. ";" .. package.cpath:gsub("[^;]*/build/[^;]*;", "")
      print(require("kms")._VERSION, require("kms.sign").target("/a b"), require("kms.transport.curl").new())
      assert(require("kms.http1.reader").new("GET", 1))
      print((package.searchpath and package.searchpath("kms.sign", package.cpath) or "tree"):match "tree")
    ]]):format(root, version, root, version, root, version)
    local output, ok = child.run(program)
    assert.is_true(ok, output)
    assert.equal(kms._VERSION .. "\t/a%20b\tkms.transport.curl (open)\ntree\n", output)
  end)

  it("installs every module with make install, under PREFIX and DESTDIR", function()
    local root = ("%s/%s/install"):format(BUILD, LUA)
    run(("rm -rf %s && make -s install LUA=%s DESTDIR=%s PREFIX=/opt/kms"):format(root, LUA, root))
    local version = LUA == "luajit" and "5.1" or "5.4"
    local expected = {}
    for _, object in ipairs(OBJECTS) do expected[#expected + 1] = ("/opt/kms/lib/lua/%s/%s"):format(version, object.path) end
    for _, path in pairs(modules()) do expected[#expected + 1] = ("/opt/kms/share/lua/%s/%s"):format(version, (path:gsub("^lua/", ""))) end
    table.sort(expected)
    local found = lines_of(("cd %s && find . -type f | sed 's,^\\.,,' | LC_ALL=C sort"):format(root))
    assert.same(expected, found)
  end)

  it("exports one symbol a shared object, and loads no more than it must", function()
    for _, object in ipairs(OBJECTS) do
      local file = ("%s/%s/%s"):format(BUILD, LUA, object.path)
      assert.same({ object.symbol }, lines_of("nm -D --defined-only " .. file .. " | awk '{print $3}'"))
      local loaded = lines_of(("objdump -p %s | awk '/NEEDED/ {print $2}' | sed 's/[.]so.*//' | grep -vx libc"):format(file))
      assert.same({ object.loads }, loaded)
    end
  end)
end)

describe("require 'kms'", function()
  it("sets no global, reads no variable of the environment, and neither does a constructor", function()
    local output, ok = child.run [[
      local before = {}
      for name in pairs(_G) do before[name] = true end
      require "cjson.safe" -- its global is not ours
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
    local output, ok = child.run('local kms = require "kms"; kms.huawei {} kms.ncloud {}', {},
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

  it("loads no cloud that is not asked for, and of the one that is all that tells of a failure: no file need be opened then", function()
    local calls = {
      huawei = { [[huawei { region = "cn-north-4", project_id = ("p"):rep(32), lock_guard = false,]],
        [[update_primary_region { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }]],
        [[{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail, canonicalRequest:PUT|/x|"}]], "ncloud" },
      ncloud = { "ncloud {", [[rename_key { key_tag = "a1b2c3", key_name = "newKeyName" }]],
        [[{"error":{"errorCode":"200","message":"Authentication Failed"}}]], "huawei" },
    }
    for _, call in pairs(calls) do
      local output, ok = child.run(([[
        local canned, kms, refusal = require "spec.helpers.fake_transport", require "kms", '%s'
        local client = kms.%s credentials = { access_key = "a", secret_key = "secret" }, transport = canned.new(
          { status = 401, body = refusal }, { status = 401, body = refusal, headers = { date = "Fri, 02 Jan 2026 13:04:05 GMT" } },
          { status = 503, headers = { ["retry-after"] = "1" }, body = "busy" }, { status = 302 }, { body = "{" },
          { kind = "transport", code = "closed", message = "m", uncertain = true }) }
        package.path, package.cpath = "", ""
        for _ = 1, 4 do
          local _, err = client:%s
          print(err.kind, err.attempts, err.diff ~= nil)
        end
        print(pcall(kms.%s))
      ]]):format(call[3], call[1], call[2], call[4]))
      assert.is_true(ok, output)
      local lines = "service\t1\t%s\nprotocol\t3\tfalse\nprotocol\t1\tfalse\ntransport\t1\tfalse\n"
      assert.equal(lines:format(call[4] == "ncloud"), (output:gsub("false\t[^\n]*not found.*", "")))
      assert.matches("false\t[^\n]*module 'kms." .. call[4] .. "' not found", output)
    end
  end)
end)
