--- The server of the fault matrix: a key's id says which row answers. In NGINX only.
-- luacheck: std ngx_lua

local GOOD = require "spec.e2e.faults.good_body"
local raw_head = require "spec.servers.request_head"
local rows = require "spec.e2e.faults.rows"

local seen = ngx.shared.seen

local KEY = GOOD:match '"key_id":"([^"]+)"':gsub("%-", "%%-")

local PAUSE = 0.02 -- seconds between the bytes of what comes slowly
local MANY = 4096 -- pieces of a flood, should a client never close

local server = {}

--- Keeps what came, for /faults/seen?of=ID: how often, and the last head.
local function note(id)
  local head = raw_head()
  seen:incr("count " .. id, 1, 0)
  seen:set("head " .. id, head)
  return head
end

local function made(part, head)
  if type(part) == "function" then part = part(head) end
  if not part then return nil end
  part = part:gsub(KEY, ngx.var.uri:match "/keys/([^/]+)/")
  return (part:gsub("{(elsewhere[_tls]*)}", function(place) return "127.0.0.1:" .. ngx.var[place] end))
end

--- Sends a piece until the client has gone, or `times` times.
---@return boolean? there whether the client still is
local function flood(socket, piece, times)
  for _ = 1, times do
    if not socket:send(piece) then return nil end
  end
  return true
end

local function send(row, head)
  local socket = assert(ngx.req.socket(true))
  socket:settimeout(20000)
  if row.send ~= "" and not socket:send(made(row.send, head)) then return end
  if row.flood and not flood(socket, row.flood, row.times or MANY) then return end
  while row.drip and socket:send(row.drip) do ngx.sleep(PAUSE) end
  if row.finish then socket:send(made(row.finish, head)) end
  if row.hold then socket:receive(1) end -- returns when the client has gone
  if row.reset then
    ngx.flush(true)
    ngx.exit(444)
  end
end

local function reply(row, head)
  ngx.status = row.status
  for name, value in pairs(row.headers or {}) do ngx.header[name] = made(value, head) end
  local body = made(row.body, head) or ""
  if row.status ~= 204 and row.status ~= 304 then ngx.header["Content-Length"] = #body end
  ngx.print(body)
end

--- Answers as the row says; a key of no row has a good answer.
function server.run()
  local id = ngx.var.uri:match "/keys/([^/]+)/"
  local row = rows[tonumber(id:sub(1, 8))] or { status = 200, body = GOOD }
  ngx.req.read_body()
  local head = note(id)
  if row.send then return send(row, head) end
  reply(row, head)
end

--- Tells what came for a key: how often, and the last head.
function server.seen()
  local id = ngx.var.arg_of
  ngx.print(seen:get("count " .. id) or 0, "\n", seen:get("head " .. id) or "")
end

--- Answers a request that was for nobody, or for somebody else, and counts it.
function server.stranger()
  seen:incr("count stranger", 1, 0)
  seen:set("head stranger", raw_head())
  ngx.req.read_body()
  ngx.print(GOOD)
end

return server
