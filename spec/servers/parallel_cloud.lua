--- A cloud for many calls at a time. The key's id says how it handles a call; see spec/helpers/parallel_cloud.lua. It
--- counts calls, the calls in flight, and connections. In NGINX only.
-- luacheck: std ngx_lua

local counts = ngx.shared.many

local TIMEOUT = 20 -- seconds for what takes milliseconds
local STEP = 0.005

local many = {}

local function count(name) return counts:get(name) or 0 end

local acts = {}

function acts.good(id)
  ngx.print(('{"key_id":"%s","primary_region":"cn-east-3"}'):format(id))
end

function acts.refused()
  ngx.status = 400
  ngx.print '{"error":{"error_code":"KMS.0207","error_msg":"The key does not exist."}}'
end

--- Fails the first time, and succeeds after that.
function acts.passing(id)
  if counts:incr("times " .. id, 1, 0) > 1 then return acts.good(id) end
  ngx.status = 503
  ngx.print "{}"
end

function acts.closed()
  return ngx.exit(444)
end

--- Never responds.
function acts.silent()
  local deadline = ngx.now() + TIMEOUT
  while ngx.now() < deadline and not counts:get "released" do ngx.sleep(STEP) end
end

local NAMES = { [0] = "good", "refused", "passing", "closed", "silent" }

local function await(name, number)
  local deadline = ngx.now() + TIMEOUT
  while count(name) < number and ngx.now() < deadline do ngx.sleep(STEP) end
end

local function arrive()
  local under_way = counts:incr("under way", 1, 0)
  if under_way > count "most" then counts:set("most", under_way) end
  counts:incr("calls", 1, 0)
  if counts:add("connection " .. ngx.var.connection, true) then counts:incr("connections", 1, 0) end
end

function many.run()
  local id = ngx.var.uri:match "/keys/([^/]+)/"
  local act, delay, after, crowd = id:match "^%x+%-(%x+)%-(%x+)%-(%x+)%-(%x+)$"
  ngx.req.read_body()
  arrive()
  if delay ~= "0000" then ngx.sleep(tonumber(delay, 16) / 1000) end
  await("completed", tonumber(after, 16))
  await("most", tonumber(crowd, 16))
  counts:incr("under way", -1)
  counts:incr("completed", 1, 0)
  ngx.header["X-Connection"] = ngx.var.connection
  return acts[NAMES[tonumber(act, 16)]](id)
end

--- Returns the counts since the last ?reset.
function many.state()
  ngx.print(count "calls", " ", count "most", " ", count "connections", " ", count "completed")
  if ngx.var.arg_reset then counts:flush_all() end
  if ngx.var.arg_release then counts:set("released", true) end
end

return many
