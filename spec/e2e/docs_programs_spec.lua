--- The programs and the configuration that the documentation prints run as they are printed.

local documentation = require "spec.helpers.documentation"
local emulator = require "kms.emulator"
local emulator_client = require "spec.helpers.emulator_client"
local files = require "spec.helpers.files"
local host_programs = require "spec.helpers.host_programs"
local kms_command = require "spec.helpers.kms_command"
local lua_features = require "spec.helpers.lua_features"
local nginx = require "spec.helpers.nginx_server"
local subprocess = require "spec.helpers.subprocess"

local page, blocks = documentation.page, documentation.blocks

local load_text = rawget(_G, "loadstring") or load

describe("programs in the documentation", function()
  it("every Lua block of the documentation compiles", function()
    local count = 0
    for _, block in ipairs(blocks "lua") do
      assert(load_text(block.text, "=" .. block.place))
      count = count + 1
    end
    assert.is_true(count >= 15)
  end)

  -- A block runs as it is printed, unless its fence says "lua fragment". What a program says that it prints ("--> text")
  -- must appear in its output, in this order.
  it("every Lua program of the documentation runs as it is printed", function()
    local variables, count = kms_command.read_environment(), 0
    for _, block in ipairs(blocks "lua") do
      local needs_coxpcall = block.text:find "coroutine.running" and lua_features.is_lua51
      if block.info == "lua" and not needs_coxpcall then
        emulator_client.reset()
        local is_remote = block.text:find("os.getenv", 1, true)
        local output, ok = subprocess.run(block.text, is_remote and variables or nil)
        assert.is_true(ok, block.place .. ": " .. output)
        local from = 1
        for expected in block.text:gmatch "%-%-> ([^\n]+)" do
          local _, last = output:find(expected, from, true)
          assert.is_truthy(last, ("%s: no %q in %s"):format(block.place, expected, output))
          from = last + 1
        end
        count = count + 1
      end
    end
    assert.is_true(count >= 15)
  end)
end)

describe("the NGINX configuration in docs/openresty.md", function()
  local DIR = assert(os.getenv "KMS_NGINX_DIR", "run through make test") .. "/docs"
  local PORT = assert(tonumber(os.getenv "KMS_NGINX_PORT")) + 17
  local EMULATOR_DIR = os.getenv "KMS_EMULATOR_DIR"
  local TAG = emulator.fixtures.keys[#emulator.fixtures.keys].key_tag
  for _, key in ipairs(emulator.fixtures.keys) do
    if key.key_tag and not key.state then TAG = key.key_tag end
  end

  local configuration
  for _, block in ipairs(page("openresty").blocks) do
    if block.info == "nginx" then configuration = block.text end
  end

  local function write(path, text)
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
  end

  --- Replaces a text that must be there.
  local function replace(text, old, new)
    local first, last = text:find(old, 1, true)
    assert(first, old .. " is not in the configuration")
    return text:sub(1, first - 1) .. new .. text:sub(last + 1)
  end

  setup(function() assert(os.execute(("rm -rf %s && mkdir -p %s"):format(DIR, DIR))) end)

  it("passes nginx -t as it is printed", function()
    write(DIR .. "/printed.conf", configuration)
    local output, ok = subprocess.execute(("nginx -t -c %s/printed.conf"):format(DIR), host_programs.variables "luajit")
    assert.is_true(ok, output)
  end)

  it("renames a key of the emulator; only ports, paths and the endpoint are replaced", function()
    if nginx.no_cosockets then return pending(nginx.no_cosockets) end
    emulator_client.reset()
    local text = replace(configuration, "127.0.0.1:8080", "127.0.0.1:" .. PORT)
    text = replace(text, "/etc/ssl/certs/ca-certificates.crt", EMULATOR_DIR .. "/ca.pem")
    text = replace(text, "/tmp/kms-nginx.pid", DIR .. "/nginx.pid")
    text = replace(text, "env HOME;", "env NCLOUD_KMS_ENDPOINT;")
    text = replace(text, "timeout = 20", 'timeout = 20, endpoint = os.getenv "NCLOUD_KMS_ENDPOINT"')
    write(DIR .. "/served.conf", text)
    assert(os.execute(([[
      . %s/env
      export LUA_PATH="$PWD/lua/?.lua;$PWD/lua/?/init.lua;;" LUA_CPATH="$(realpath "${BUILD:-build}")/luajit/?.so;;"
      nginx -c %s/served.conf -g 'user root; daemon off;' > %s/output 2>&1 < /dev/null &
    ]]):format(EMULATOR_DIR, DIR, DIR)))
    finally(function() os.execute("kill -QUIT $(cat " .. DIR .. "/nginx.pid)") end)

    local transport = require("kms.transport.curl").new { timeout = 30, keepalive = 0 }
    local request = {
      method = "POST", scheme = "http", host = "127.0.0.1:" .. PORT, target = "/rename-key",
      headers = { { "Content-Type", "application/x-www-form-urlencoded" } },
      body = "key_tag=" .. TAG .. "&key_name=newKeyName",
    }
    local response, err
    local deadline = transport:now() + 20
    repeat response, err = transport:send(request) until response or transport:now() > deadline
    assert(response, ("%s: %s"):format(tostring(err), files.read(DIR .. "/output")))
    assert.same({ 200, "newKeyName\n" }, { response.status, response.body })
    assert.equal("newKeyName", emulator_client.state().keys[TAG].key_name)
    request.body = ""
    assert.equal(400, assert(transport:send(request)).status)
    request.method = "GET"
    assert.equal(405, assert(transport:send(request)).status)
  end)
end)
