--- The servers that the application's handlers and transports call.
-- luacheck: std ngx_lua

local cjson = require "cjson"

local records = ngx.shared.records

local MAX_WAIT = 20 -- seconds; ends a wait when a spec fails before it opens the gate

local upstream = {}

--- Waits until a record exists.
---@param name string
function upstream.await(name)
  local deadline = ngx.now() + MAX_WAIT
  while not records:get(name) and ngx.now() < deadline do ngx.sleep(0.005) end
end

local function read_body()
  ngx.req.read_body()
  return ngx.req.get_body_data() or ""
end

--- Renames each key: the response repeats the tag and the name of the request. It takes 1 to 3 ms; for a tag that
--- begins with "gate" it waits until the gate is open.
function upstream.echo()
  local body = read_body()
  local tag = ngx.var.uri:match "^/kms/v1/keys/([^/]+)/name$"
  if not tag then -- the request of a spec of the transport
    ngx.header["X-Server-Name"] = ngx.var.ssl_server_name or "none"
    ngx.header["X-Connection"] = ngx.var.connection
    return ngx.print "not a key"
  end
  if tag:find "^gate" then
    records:incr("arrived", 1, 0)
    upstream.await "gate"
  else
    ngx.sleep(math.random(1, 3) / 1000)
  end
  ngx.header["Content-Type"] = "application/json"
  ngx.print(cjson.encode { code = "SUCCESS", data = { keyTag = tag, keyName = cjson.decode(body).keyName } })
end

--- A metadata service whose first response with keys waits until the gate is open.
function upstream.serve_metadata()
  read_body()
  if not ngx.var.uri:find("securitykey", 1, true) then return ngx.print "sessiontoken" end
  if records:incr("arrived", 1, 0) == 1 then upstream.await "gate" end
  ngx.print(cjson.encode { credential = { access = "access", secret = "secret", securitytoken = "token",
    expires_at = os.date("!%Y-%m-%dT%H:%M:%S.000000Z", ngx.time() + 7200) } })
end

--- Moves each key to the region of the request.
function upstream.move()
  ngx.header["Content-Type"] = "application/json"
  ngx.print(read_body())
end

--- Sends bytes that are not HTTP.
function upstream.garbage()
  read_body()
  ngx.req.socket(true):send "SSH-2.0-OpenSSH_9.2\r\n\r\n"
end

--- Responds to the first request of a connection, followed by the bytes of ?surplus=, and closes at the second one.
function upstream.one_response()
  records:incr("first_requests", 1, 0)
  read_body()
  local socket = ngx.req.socket(true)
  socket:send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce" .. (ngx.var.arg_surplus or ""))
  socket:settimeout(MAX_WAIT * 1000)
  if socket:receive "*l" then records:incr("second_requests", 1, 0) end
end

return upstream
