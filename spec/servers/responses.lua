--- Responses of a correct server, one per path. In NGINX only.
-- luacheck: std ngx_lua

local raw_head = require "spec.servers.request_head"

local counts = ngx.shared.counts

local responses = {}

--- Returns how often a path below /counted was requested.
responses["/count"] = function()
  ngx.print(counts:get(ngx.var.arg_of) or 0)
end

responses["/redirect"] = function()
  local status = tonumber(ngx.var.arg_status)
  ngx.redirect(("http://127.0.0.1:%s/counted/%s"):format(ngx.var.server_port, ngx.var.arg_of), status)
end

responses["/status"] = function()
  ngx.status = tonumber(ngx.var.arg_is)
  ngx.header["X-Request-Id"] = "b5d3"
  ngx.print("no")
end

responses["/repeated"] = function()
  ngx.header["X-Twice"] = { "one", "two" }
  ngx.header["X-Space"] = "  within it  "
  ngx.print("body")
end

responses["/chunked"] = function()
  for i = 1, 3 do
    ngx.print("part ", i, ";")
    ngx.flush(true)
  end
end

--- Responds after the client's timeout.
responses["/late"] = function()
  ngx.sleep(0.6)
  ngx.print("late")
end

--- Returns the request as received, and the serial number of its connection.
local function echo()
  if ngx.var.uri:find("^/counted/") then counts:incr(ngx.var.uri:match("[^/]+$"), 1, 0) end
  ngx.req.read_body()
  ngx.header["X-Connection"] = ngx.var.connection
  ngx.print(raw_head(), ngx.req.get_body_data() or "")
end

return {
  run = function()
    return (responses[ngx.var.uri] or echo)()
  end,
}
