--- A service of HAProxy that returns the name of a key of NAVER Cloud KMS: GET /keys/KEY_TAG. Other requests go on
--- while it waits for the cloud. Credentials come from the environment, see docs/credentials.md.

local kms = require "kms"
local polling = require "kms.loop.polling"

local core = rawget(_G, "core")

-- Loads everything now, because HAProxy may change its root directory before the first request.
kms.preload()

local function sleep(seconds) core.msleep(math.ceil(seconds * 1000)) end

local ncloud = kms.ncloud {
  transport = polling.new({ sleep = sleep }, { ca_file = os.getenv "KMS_CA_FILE" }),
}

local function get_key_name(path)
  local key_tag = path:match "^/keys/(%w+)$"
  if not key_tag then return 404, "no such page" end
  local key, err = ncloud:get_key { key_tag = key_tag }
  if key then return 200, key.key_name end
  return err.status == 404 and 404 or 502, tostring(err)
end

core.register_service("key_name", "http", function(applet)
  local status, text = get_key_name(applet.path)
  applet:set_status(status)
  applet:add_header("Content-Type", "text/plain")
  applet:add_header("Content-Length", #text + 1)
  applet:start_response()
  applet:send(text .. "\n")
end)
