--- One request for the many that need a token, or that have a wrong secret: light threads of one NGINX worker, and
--- several workers.

local child = require "spec.helpers.subprocess"

local PROGRAM = [[
  local curl = require("kms.transport.curl").new { timeout = 20 }
  local host = "127.0.0.1:" .. os.getenv "KMS_CREDENTIALS_PORT"
  for _, path in ipairs { "/workers", "/threads", "/old", "/guard", "/queue", "/killed" } do
    print(path, assert(curl:send { method = "GET", scheme = "http", host = host, target = path }).body)
  end]]

describe("credentials in NGINX", function()
  local answers = {}

  setup(function()
    local command = ("LUA_PATH=%q LUA_CPATH=%q tools/with-server KMS_CREDENTIALS %s/%s/credentials "
      .. "tools/nginx spec/nginx/credentials/nginx.conf -- %s - 2>&1 <<'END'\n%s\nEND"):format(
      package.path, package.cpath, os.getenv "BUILD" or "build", child.lua, child.lua, PROGRAM)
    local pipe = assert(io.popen(command))
    for line in pipe:lines() do
      local path, answer = line:match "^(/%a+)\t(.*)$"
      answers[path or #answers + 1] = answer or line
    end
    pipe:close()
    assert(answers["/killed"], table.concat(answers, "\n"))
  end)

  it("are asked for once by fifty light threads", function()
    assert.equal("50 of 50, 1 requests", answers["/threads"])
  end)

  it("serve on while one light thread renews them", function()
    assert.equal("49 old, 1 new, then token-2, 2 requests", answers["/old"])
  end)

  it("are not lost with a light thread that was killed", function()
    assert.equal("kms: credentials error unavailable: timed out waiting for a concurrent request for credentials (in time), "
      .. "then token-2", answers["/killed"])
  end)

  it("are asked for once by four workers that start together", function()
    assert.equal("token-1 token-1 token-1 token-1, 1 requests", answers["/workers"])
  end)

  it("that are wrong reach the cloud once, for all workers that share a lock guard", function()
    local guarded = "guarded guarded guarded"
    assert.equal(("APIGW.0301 guarded guarded, %s, %s, %s; 1 requests"):format(guarded, guarded, guarded), answers["/guard"])
  end)

  it("that are wrong reach the cloud once, for 200 light threads at once", function()
    assert.equal("1 refused, 199 guarded, 1 requests", answers["/queue"])
  end)
end)
