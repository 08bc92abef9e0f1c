--- kms.emulator: no request body makes a handler raise an error, because a server would fail then.

local emulator = require "kms.emulator"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"
local requests = require "spec.helpers.emulator_requests"

local ACCOUNT = emulator.fixtures.accounts[1]

-- JSON values in place of the one that a member should have.
local VALUES = {
  "-1", "1e999", "0.5", '""', '"x"', '"\\u0000"', "true", "null", "[]", '["x"]', "[null]", '[{"a":[]}]', '{"a":{}}',
  '"ncpkms:v1:AAAA"', '"AAAA"', '"' .. requests.KEY .. '"',
}

local BODIES = { "", "[]", "null", "1", '"x"', "{", "[1]", "{}" }

-- Members of valid bodies, so that a handler looks at the others.
local VALID = {
  keyName = '"abcd"', keyType = '"AES256"', isAutoRotation = "true", protectionType = '"BASIC"',
  ipList = '["10.0.0.1"]', plaintext = '"AAAA"', ciphertext = '"ncpkms:v1:AAAA"', data = '"AAAA"',
  signature = '"ncpkms:v1:AAAA"', memo = '"m"', rotationPeriod = "5",
  key_id = '"' .. requests.KEY .. '"', key_alias = '"alias"', alias = '"alias"', pending_days = '"7"',
  primary_region = '"cn-east-3"', plain_text = '"text"', cipher_text = '"AAAA"', datakey_cipher_length = '"64"',
  datakey_plain_length = '"64"', grantee_principal = '"user"', operations = '["create-datakey"]', action = '"filter"',
}

local function list_members(operation, entry)
  local members = {}
  for _, name in ipairs(operation.required or {}) do members[name] = true end
  for _, param in ipairs(entry.params) do
    if param.place == "body" then members[param.wire or param.name] = true end
  end
  return members
end

-- The bodies with one hostile member each.
local function list_bodies(operation, entry)
  local bodies = { (unpack or table.unpack)(BODIES) } -- luacheck: std max
  for member in pairs(list_members(operation, entry)) do
    for _, value in ipairs(VALUES) do
      local parts = { ('"%s":%s'):format(member, value) }
      for _, name in ipairs(operation.required or {}) do
        if name ~= member then parts[#parts + 1] = ('"%s":%s'):format(name, VALID[name] or '"x"') end
      end
      bodies[#bodies + 1] = "{" .. table.concat(parts, ",") .. "}"
    end
  end
  return bodies
end

local function fill(path, values) return (path:gsub("{([%w_]+)}", function(name) return values[name] or "x" end)) end

local CLOUDS = {
  huawei = function(_, method, path, body)
    return {
      method = method, scheme = "https", host = "kms.cn-north-4.myhuaweicloud.com", body = body,
      target = fill(path, { project_id = ACCOUNT.projects["cn-north-4"], key_id = requests.KEY }),
      headers = { { "X-Auth-Token", "emulator-token-of-cn-north-4" } },
    }
  end,
  ncloud = function(cloud, method, path, body)
    path = fill(path, { key_tag = emulated_ncloud.ROTATED_TAG, version = "1" })
    return requests.rename(cloud, { method = method, path = path, body = body })
  end,
}

for provider, new_request in pairs(CLOUDS) do
  local service = require("kms.emulator." .. provider)
  for _, group in ipairs(require("kms." .. provider .. ".operations")) do
    for _, entry in ipairs(require(group)) do
      it(("%s of %s responds to every body"):format(entry.name, provider), function()
        local operation = assert(service.operations[entry.name], entry.name)
        local method, path = operation.route:match "^(%u+) (.*)$"
        local cloud = emulator.new()
        for _, body in ipairs(list_bodies(operation, entry)) do
          local response = cloud:handle(new_request(cloud, method, path, body))
          assert.is_true(response.status < 500 or response.status == 501, body)
        end
      end)
    end
  end
end
