--- The server of the fault matrix: a key's id names the row of the response. In NGINX only.
-- luacheck: std ngx_lua

local GOOD = require "spec.e2e.faults.good_body"
local raw_head = require "spec.servers.request_head"
local rows = require "spec.e2e.faults.rows"

local seen = ngx.shared.seen

local KEY = GOOD:match '"key_id":"([^"]+)"':gsub("%-", "%%-")

local PAUSE = 0.02 -- seconds between the pieces of a slow response
local MAX_PIECES = 4096 -- of a flood, if the client never closes

local server = {}

--- Records a request for /faults/seen?of=ID: the number of requests, and the last head.
local function record(id)
  local head = raw_head()
  seen:incr("count " .. id, 1, 0)
  seen:set("head " .. id, head)
  return head
end

--- Fills in the placeholders of a part of a response.
local function fill_in(part, head)
  if type(part) == "function" then part = part(head) end
  if not part then return nil end
  part = part:gsub(KEY, ngx.var.uri:match "/keys/([^/]+)/")
  return (part:gsub("{(elsewhere[_tls]*)}", function(place) return "127.0.0.1:" .. ngx.var[place] end))
end

--- Sends a piece `times` times, or until the client closes.
---@return boolean? is_open whether the client is still there
local function flood(socket, piece, times)
  for _ = 1, times do
    if not socket:send(piece) then return nil end
  end
  return true
end

local function send(row, head)
  local socket = assert(ngx.req.socket(true))
  socket:settimeout(20000)
  if row.send ~= "" and not socket:send(fill_in(row.send, head)) then return end
  if row.flood and not flood(socket, row.flood, row.times or MAX_PIECES) then return end
  while row.drip and socket:send(row.drip) do ngx.sleep(PAUSE) end
  if row.finish then socket:send(fill_in(row.finish, head)) end
  if row.hold then socket:receive(1) end -- returns when the client closes
  if row.reset then
    ngx.flush(true)
    ngx.exit(444)
  end
end

local function respond(row, head)
  ngx.status = row.status
  for name, value in pairs(row.headers or {}) do ngx.header[name] = fill_in(value, head) end
  local body = fill_in(row.body, head) or ""
  if row.status ~= 204 and row.status ~= 304 then ngx.header["Content-Length"] = #body end
  ngx.print(body)
end

--- Responds as the row says. A key without a row gets a good response.
function server.run()
  local id = ngx.var.uri:match "/keys/([^/]+)/"
  local row = rows[tonumber(id:sub(1, 8))] or { status = 200, body = GOOD }
  ngx.req.read_body()
  local head = record(id)
  if row.send then return send(row, head) end
  respond(row, head)
end

--- Returns the number of requests for a key, and the last head.
function server.seen()
  local id = ngx.var.arg_of
  ngx.print(seen:get("count " .. id) or 0, "\n", seen:get("head " .. id) or "")
end

--- Responds to a request that must not happen, and counts it.
function server.stranger()
  seen:incr("count stranger", 1, 0)
  seen:set("head stranger", raw_head())
  ngx.req.read_body()
  ngx.print(GOOD)
end

return server
