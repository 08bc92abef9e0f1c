--- The emulated Huawei Cloud KMS with bodies that no client sends: every operation responds, and none raises.

local catalog = require "kms.call.catalog"
local cjson = require "cjson"
local crypto = require "kms.emulator.crypto"
local emulated_keys = require "spec.helpers.emulated_keys"
local emulator = require "kms.emulator"

local KEYS = {
  "0d0466b0-e727-4d9c-b35d-f84bb474a37f", "858cee18-6faf-4514-bb35-70c3dcfcfbf7", "969dff29-70b0-4625-cc46-81d4ed0d0c08",
  "b8bf114b-92d2-4847-ee68-a3f60f2f2e2a", "c9c0225c-a3e3-4958-ff79-b40710303f3b",
}

-- JSON texts of values.
local VALUES = {
  "null", "true", "0", "-1", "1.5", "1e300", '""', '"x"', '"\\u0000"', '"' .. ("x"):rep(5000) .. '"', "[]", "[[]]", "[null]",
  "[1]", '["x"]', "{}", '{"key":null}', '{"key":{}}', '[{}]', '[{"key":"a","value":[]}]', '[{"key":"a","values":[{}]}]',
  '[{"key":"a","values":{"x":1}}]', '{"1":"x"}',
}

local VALUES_OF_PATHS = {
  key_id = KEYS[1], key = "a", keystore_id = KEYS[1], access_point_id = KEYS[1], policy_id = KEYS[1], version_id = "v1.0",
}

-- The members of a body as JSON texts: those of the example, or "x".
local function build_members(entry)
  local members = {}
  for _, param in ipairs(entry.params) do
    if param.place == "body" then
      local value = entry.example[param.name]
      if type(value) == "table" and param.json then value = cjson.encode(value) end
      if type(value) == "number" and param.text then value = tostring(value) end
      if value ~= nil or param.required then members[param.wire or param.name] = cjson.encode(value or "x") end
    end
  end
  return members
end

local function encode(members)
  local parts = {}
  for name, text in pairs(members) do parts[#parts + 1] = cjson.encode(name) .. ":" .. text end
  return "{" .. table.concat(parts, ",") .. "}"
end

describe("the emulated Huawei Cloud KMS", function()
  -- Key pairs take time to generate, so each kind is generated once.
  local generate, key_pairs = crypto.generate_key_pair, {}

  setup(function()
    crypto.generate_key_pair = function(kind) -- luacheck: ignore
      key_pairs[kind] = key_pairs[kind] or generate(kind)
      return key_pairs[kind]
    end
  end)

  teardown(function() crypto.generate_key_pair = generate end) -- luacheck: ignore

  for entry in catalog.of(require "kms.huawei"):each() do
    it("every body of " .. entry.name .. " gets a response", function()
      local keys = emulated_keys.new(emulator.new())
      local function send(body)
        local status, object = keys:send(entry.name, body, VALUES_OF_PATHS)
        assert.is_true(status < 500 or status == 501, body)
        assert.is_true(status == 204 or type(object) == "table", body)
      end
      for _, param in ipairs(entry.params) do
        if param.place == "body" then
          local name = param.wire or param.name
          for _, text in ipairs(VALUES) do
            local members = build_members(entry)
            members[name] = text
            send(encode(members))
          end
        end
      end
      for _, key_id in ipairs(KEYS) do
        local members = build_members(entry)
        if members.key_id then
          members.key_id = cjson.encode(key_id)
          send(encode(members))
        end
      end
      for _, text in ipairs(VALUES) do send(text) end
    end)
  end
end)
