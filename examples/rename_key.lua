--- Renames a NAVER Cloud KMS key.
---   lua5.4 examples/rename_key.lua KEY_TAG NEW_NAME [--zone kr] [--ca-file FILE]
--- Who is calling comes from the environment: NCLOUD_ACCESS_KEY and NCLOUD_SECRET_KEY.

local argparse = require "argparse"
local kms = require "kms"

--- What the command line gives is checked here, for a line of its own.
local function seconds(text)
  local number = tonumber(text)
  if number and number > 0 then return number end
  return nil, "a number of seconds above 0 is wanted, not " .. text
end

local parser = argparse("rename_key", "Renames a NAVER Cloud KMS key.")
parser:argument("key_tag", "The key's tag.")
parser:argument("key_name", "The new name: 3 to 15 letters, digits, - or _, beginning with a letter.")
parser:option("--zone", "Which keys: global, isolated in kr or jp, or gov."):choices { "global", "kr", "jp", "gov" }
parser:option("--endpoint", "https://host[:port] in place of the zone's own.")
parser:option("--ca-file", "Certificates to trust, a PEM file, in place of the system's.")
parser:option("--timeout", "Seconds for the whole call.", 30):convert(seconds)
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
