--- Changes the name of a NAVER Cloud KMS key.
---   lua5.4 examples/rename_key.lua KEY_TAG NEW_NAME [--zone ZONE] [--ca-file FILE] [--endpoint URL] [--timeout N]
--- The credentials come from the environment: NCLOUD_ACCESS_KEY and NCLOUD_SECRET_KEY.

local argparse = require "argparse"
local kms = require "kms"

--- Converts an option to a number of seconds.
local function parse_seconds(text)
  local seconds = tonumber(text)
  if seconds and seconds > 0 then return seconds end
  return nil, "--timeout must be a number of seconds above 0; got " .. text
end

local parser = argparse("rename_key", "Changes the name of a NAVER Cloud KMS key.")
parser:argument("key_tag", "Tag of the key.")
parser:argument("key_name", "The new name: 3 to 15 letters, digits, - or _; the first character is a letter.")
parser:option("--zone", "Zone of the key: global, kr, jp (isolated keys) or gov.")
  :choices { "global", "kr", "jp", "gov" }
parser:option("--endpoint", "https://host[:port] in place of the zone's endpoint.")
parser:option("--ca-file", "PEM file of the certificates to trust, in place of the system's.")
parser:option("--timeout", "Seconds for the whole call.", 30):convert(parse_seconds)
local arguments = parser:parse()

local ncloud = kms.ncloud {
  zone = arguments.zone,
  endpoint = arguments.endpoint,
  timeout = arguments.timeout,
  transport = { ca_file = arguments.ca_file },
}

local renamed, err = ncloud:rename_key { key_tag = arguments.key_tag, key_name = arguments.key_name }
if not renamed then
  io.stderr:write(tostring(err), "\n")
  os.exit(1, true)
end

print(("key %s is now named %s"):format(renamed.key_tag, renamed.key_name))
