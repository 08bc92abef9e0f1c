--- A cloud that renames every key at once: each answer repeats the tag and the name it got. In NGINX only.
-- luacheck: std ngx_lua

local cjson = require "cjson"

local noted = ngx.shared.noted

local PATIENCE = 20 -- seconds, should a spec fail before it opens its gate

local echo_cloud = {}

--- Waits until a note is there.
function echo_cloud.await(note)
  local stop = ngx.now() + PATIENCE
  while not noted:get(note) and ngx.now() < stop do ngx.sleep(0.005) end
end

local function read_body()
  ngx.req.read_body()
  return ngx.req.get_body_data() or ""
end

--- Answers after 1 to 3 ms; for a tag that begins with "gate" when the gate is open.
function echo_cloud.run()
  local body = read_body()
  local tag = ngx.var.uri:match "^/kms/v1/keys/([^/]+)/name$"
  if not tag then -- of a bare transport
    ngx.header["X-Server-Name"] = ngx.var.ssl_server_name or "none"
    ngx.header["X-Connection"] = ngx.var.connection
    return ngx.print "not a key"
  end
  if tag:find "^gate" then
    noted:incr("arrived", 1, 0)
    echo_cloud.await "gate"
  else
    ngx.sleep(math.random(1, 3) / 1000)
  end
  ngx.header["Content-Type"] = "application/json"
  ngx.print(cjson.encode { code = "SUCCESS", data = { keyTag = tag, keyName = cjson.decode(body).keyName } })
end

--- Says something that is not HTTP.
function echo_cloud.garbage()
  read_body()
  ngx.req.socket(true):send "SSH-2.0-OpenSSH_9.2\r\n\r\n"
end

return echo_cloud
