--- A profile file gives credentials, or an error without the contents of the file. It never raises an error.
-- Input, as fields of fuzz/support.lua: choices, profile, file. A secret is planted in the file.

package.path = "fuzz/?.lua;" .. package.path
local file = require "kms.credentials.file"
local http1 = require "kms.http1"
local ini = require "kms.credentials.ini"
local profile = require "kms.credentials.profile"
local support = require "support"

local PATH = "/fuzz/credentials"
local SECRET = { support.SECRETS.secret_key }
local PROVIDERS = { "huawei", "ncloud" }

local contexts = {}
for i, name in ipairs(PROVIDERS) do
  local cloud = require("kms." .. name)
  contexts[i] = { provider = name, cloud = cloud, fields = cloud.credentials, clock = function() return 0 end }
end

-- The contents of the file.
local text
function http1.read_file(path, max_size)
  assert(path == PATH, "unexpected file: " .. path)
  if #text > max_size then return nil, "too_large" end
  return text, 384 -- mode 0600
end

local function assert_entries(entries, problem)
  if not entries then return support.assert_clean(problem, SECRET) end
  for _, entry in ipairs(entries) do
    assert(entry.name ~= "" and not entry.name:find "[%z\n=]", "malformed name")
    assert(not entry.value:find "^%s" and not entry.value:find "%s$", "white space around a value")
  end
end

return function(input)
  local fields = support.fields(input)
  if #fields ~= 3 then return end
  local context = contexts[(fields[1]:byte() or 0) % #contexts + 1]
  local profile_name = fields[2] ~= "" and fields[2] or nil
  -- Errors show the name of a profile, so it must not contain the secret.
  if profile_name and not pcall(support.assert_clean, profile_name, SECRET) then return end
  text = support.plant(fields[3], SECRET[1])
  assert_entries(ini.parse(text))
  local credentials, err = profile.new({ path = PATH, profile = profile_name }):get(context)
  if credentials then
    for _, field in ipairs(context.fields) do
      local value = credentials[field.name]
      assert(value == nil or type(value) == "string" and field.rule.test(value), "invalid " .. field.name)
      assert(value ~= nil or field.optional or field.exclusive, "no " .. field.name)
    end
    return
  end
  support.assert_error(err, SECRET)
  assert(err.kind == "credentials" and #err.tried == 1, "not an error of this provider")
  local token, problem = file.read_token(PATH, "token file")
  if not token then support.assert_error(problem, SECRET) end
end
