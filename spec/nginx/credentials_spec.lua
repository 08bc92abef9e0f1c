--- Credential providers and lock guards under the concurrency of NGINX: light threads of one worker, and several workers.

local nginx = require "spec.helpers.nginx_server"
local subprocess = require "spec.helpers.subprocess"

if nginx.no_cosockets then
  it("credential providers work in NGINX", function() pending(nginx.no_cosockets) end)
  return
end

local PROGRAM = [[
  local curl = require("kms.transport.curl").new { timeout = 20 }
  local host = "127.0.0.1:" .. os.getenv "KMS_CREDENTIALS_PORT"
  for _, path in ipairs { "/workers", "/threads", "/old", "/guard", "/queue", "/fifo", "/killed" } do
    print(path, assert(curl:send { method = "GET", scheme = "http", host = host, target = path }).body)
  end]]

describe("credentials in NGINX", function()
  local results = {}

  setup(function()
    local command = ("LUA_PATH=%q LUA_CPATH=%q tools/with-server KMS_CREDENTIALS %s/%s/credentials "
      .. "tools/nginx spec/nginx/credentials/nginx.conf -- %s - 2>&1 <<'END'\n%s\nEND"):format(
      package.path, package.cpath, os.getenv "BUILD" or "build", subprocess.lua, subprocess.lua, PROGRAM)
    local pipe = assert(io.popen(command))
    for line in pipe:lines() do
      local path, result = line:match "^(/%a+)\t(.*)$"
      results[path or #results + 1] = result or line
    end
    pipe:close()
    assert(results["/killed"], table.concat(results, "\n"))
  end)

  it("50 light threads that need a token send one request", function()
    assert.equal("50 of 50, 1 requests", results["/threads"])
  end)

  it("49 light threads use the old token while one light thread renews it", function()
    assert.equal("49 old, 1 new, then token-2, 2 requests", results["/old"])
  end)

  it("a light thread that is killed during its request does not block the other light threads", function()
    assert.equal("token-2", results["/killed"])
  end)

  it("a FIFO in place of a profile or token file does not block the worker", function()
    local message = "invalid not a regular file"
    assert.equal(("%s, %s, %s"):format(message, message, message), results["/fifo"])
  end)

  it("four workers that start together and share a token send one request", function()
    assert.equal("token-1 token-1 token-1 token-1, 1 requests", results["/workers"])
  end)

  it("wrong credentials reach the cloud once for all workers that share a lock guard", function()
    local guarded = "guarded guarded guarded"
    assert.equal(("APIGW.0301 guarded guarded, %s, %s, %s; 1 requests"):format(guarded, guarded, guarded),
      results["/guard"])
  end)

  it("wrong credentials reach the cloud three times for 200 concurrent light threads", function()
    assert.equal("3 refused, 197 guarded, 3 requests", results["/queue"])
  end)
end)
