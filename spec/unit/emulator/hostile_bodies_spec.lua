--- kms.emulator: no request body makes a handler raise an error, because a server would fail then.

local catalog = require "kms.call.catalog"
local cjson = require "cjson"
local crypto = require "kms.emulator.crypto"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"
local emulator = require "kms.emulator"
local requests = require "spec.helpers.emulator_requests"

local ACCOUNT = emulator.fixtures.accounts[1]

-- JSON texts in place of a member, and of a whole body.
local VALUES = {
  "null", "true", "0", "-1", "0.5", "1e300", "1e999", '""', '"x"', '"\\u0000"', '"' .. ("x"):rep(5000) .. '"', "[]", "[[]]",
  "[null]", "[1]", '["x"]', "{}", '{"a":{}}', '{"key":null}', '{"key":{}}', '{"1":"x"}', "[{}]", '[{"a":[]}]',
  '[{"key":"a","value":[]}]', '[{"key":"a","values":[{}]}]', '[{"key":"a","values":{"x":1}}]', '"AAAA"', '"ncpkms:v1:AAAA"',
}

-- Texts that are not JSON.
local TEXTS = { "", "{", "[1", "\0" }

-- Keys of each kind in the emulator.
local KEYS = {
  requests.KEY, requests.DISABLED_KEY, "858cee18-6faf-4514-bb35-70c3dcfcfbf7", "969dff29-70b0-4625-cc46-81d4ed0d0c08",
  "b8bf114b-92d2-4847-ee68-a3f60f2f2e2a", "c9c0225c-a3e3-4958-ff79-b40710303f3b",
}

--- Returns the members of a valid body as JSON texts: those of the example, or "x".
local function build_members(entry)
  local members = {}
  for _, param in ipairs(entry.params) do
    local value = entry.example[param.name]
    if param.json and type(value) == "table" then value = cjson.encode(value) end
    if param.text and type(value) == "number" then value = tostring(value) end
    if param.place == "body" and (value ~= nil or param.required) then
      members[param.wire or param.name] = cjson.encode(value == nil and "x" or value)
    end
  end
  return members
end

--- Returns a valid body with another member.
local function build_body(entry, name, text)
  local members, parts = build_members(entry), {}
  members[name] = text
  for member, value in pairs(members) do parts[#parts + 1] = ("%q:%s"):format(member, value) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function list_bodies(entry)
  local bodies = {}
  for _, texts in ipairs { TEXTS, VALUES } do
    for _, text in ipairs(texts) do bodies[#bodies + 1] = text end
  end
  for _, param in ipairs(entry.params) do
    if param.place == "body" then
      local name = param.wire or param.name
      for _, text in ipairs(VALUES) do bodies[#bodies + 1] = build_body(entry, name, text) end
      if param.name:find "key_id$" then
        for _, key_id in ipairs(KEYS) do bodies[#bodies + 1] = build_body(entry, name, cjson.encode(key_id)) end
      end
    end
  end
  return bodies
end

local function fill(path, values) return (path:gsub("{([%w_]+)}", function(name) return values[name] or "x" end)) end

local CLOUDS = {
  huawei = function(_, method, path, body)
    return {
      method = method, scheme = "https", host = "kms.cn-north-4.myhuaweicloud.com", body = body,
      target = fill(path, { project_id = ACCOUNT.projects["cn-north-4"], key_id = requests.KEY, version_id = "v1.0" }),
      headers = { { "X-Auth-Token", "emulator-token-of-cn-north-4" } },
    }
  end,
  ncloud = function(cloud, method, path, body)
    path = fill(path, { key_tag = emulated_ncloud.ROTATED_TAG, version = "1" })
    return requests.rename(cloud, { method = method, path = path, body = body })
  end,
}

describe("kms.emulator", function()
  -- Key pairs take time to generate, so each kind is generated once.
  local generate, key_pairs = crypto.generate_key_pair, {}

  setup(function()
    crypto.generate_key_pair = function(kind) -- luacheck: ignore
      key_pairs[kind] = key_pairs[kind] or generate(kind)
      return key_pairs[kind]
    end
  end)

  teardown(function() crypto.generate_key_pair = generate end) -- luacheck: ignore

  for provider, new_request in pairs(CLOUDS) do
    for entry in catalog.of(require("kms." .. provider)):each() do
      it(("%s of %s responds to every body"):format(entry.name, provider), function()
        local operation = assert(require("kms.emulator." .. provider).operations[entry.name], entry.name)
        local method, path = operation.route:match "^(%u+) (.*)$"
        local cloud = emulator.new()
        for _, body in ipairs(list_bodies(entry)) do
          local status, object = requests.handle(cloud, new_request(cloud, method, path, body))
          assert.is_true(status < 500 or status == 501, body)
          assert.is_true(status == 204 or type(object) == "table", body)
        end
      end)
    end
  end
end)
