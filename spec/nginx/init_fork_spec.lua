--- Clients of kms.transport.curl that init_by_lua makes and uses, in the four workers of an NGINX of its own.

local subprocess = require "spec.helpers.subprocess"

local DIR = ("%s/%s/init_fork"):format(os.getenv "BUILD" or "build", subprocess.lua)

-- Prints the results when all workers have ended their calls, or after 20 seconds.
local POLL = [[
  local http, socket = require "socket.http", require "socket"
  local deadline, text = socket.gettime() + 20, nil
  repeat
    socket.sleep(0.05)
    text = http.request(("http://127.0.0.1:%d/results"):format(os.getenv "KMS_INIT_FORK_PORT")) or ""
  until text:find "^4 workers" or socket.gettime() > deadline
  print(text)
]]

describe("a client that was used before NGINX forked its workers", function()
  it("gets the responses to its own requests in each worker", function()
    local command = ("tools/with-server KMS_INIT_FORK %s tools/nginx spec/nginx/init_fork/nginx.conf -- %s -e %s"):format(
      DIR, subprocess.lua, subprocess.quote(POLL))
    local variables = { BUILD = os.getenv "BUILD", KMS_NGINX_DIR = os.getenv "KMS_NGINX_DIR",
      KMS_NGINX_PORT = os.getenv "KMS_NGINX_PORT" }
    for _ = 1, 3 do
      local output = subprocess.execute(command, variables)
      assert.equal("4 workers, no problem\n", output)
    end
  end)
end)
