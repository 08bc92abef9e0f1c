--- kms.emulator.config: validation of the options of an emulator, and defaults.

local config = require "kms.emulator.config"
local emulator = require "kms.emulator"

-- Options with one Huawei account that has more fields.
local function with_account(fields)
  local account = { provider = "huawei", access_key = "A", secret_key = "S" }
  for name, value in pairs(fields) do account[name] = value end
  return { accounts = { account } }
end

describe("the options of an emulator", function()
  for _, case in ipairs {
    { "an unknown option", { color = "red" }, "unknown option" },
    { "a clock that is not a function", { clock = 1 }, "'clock'" },
    { "an account that is not a table", { accounts = { 1 } }, "table expected" },
    { "an account without a provider", { accounts = { {} } }, "'provider' is missing" },
    { "an account of an unknown provider", { accounts = { { provider = "elsewhere" } } }, "provider must be one of huawei, ncloud" },
    { "an account of IAM", { accounts = { { provider = "iam", access_key = "A", secret_key = "S" } } }, "one of huawei, ncloud" },
    { "an account without a secret key", { accounts = { { provider = "ncloud", access_key = "A" } } }, "'secret_key' is missing" },
    { "a NAVER account with projects",
      { accounts = { { provider = "ncloud", access_key = "A", secret_key = "S", projects = {} } } }, "unknown field" },
    { "a token without a value", with_account { tokens = { {} } }, "'token' is missing" },
    { "a user without a domain", with_account { user = { name = "u", password = "p" } }, "'domain' is missing" },
    { "a user that is not a table", with_account { user = "u" }, "table expected" },
    { "an identity provider without an id token", with_account { idp = { id = "i" } }, "'id_token' is missing" },
    { "a project without an id", with_account { more_projects = { { name = "n" } } }, "'id' is missing" },
    { "an agency that is not a boolean", with_account { agency = "yes" }, "boolean expected" },
    { "a key in an unknown state",
      { keys = { { provider = "huawei", key_id = "k", primary = "r", state = "lost" } } }, "state must be one of" },
    { "aliases that are not strings", { keys = { { provider = "huawei", key_id = "k", primary = "r", aliases = { 1 } } } },
      "aliases must be a list of strings" },
    { "a tag without a key", { keys = { { provider = "huawei", key_id = "k", primary = "r", tags = { { value = "v" } } } } },
      "field 'key' is missing" },
    { "a NAVER key of an unknown type",
      { keys = { { provider = "ncloud", key_tag = "t", key_name = "abc", key_type = "DES" } } }, "key_type must be one of" },
    { "a NAVER key with too many versions",
      { keys = { { provider = "ncloud", key_tag = "t", key_name = "abc", version_count = 101 } } },
      "version_count must be a whole number from 1 to 100" },
    { "an account that is there twice", { accounts = {
      { provider = "ncloud", access_key = "A", secret_key = "S" }, { provider = "ncloud", access_key = "A", secret_key = "T" },
    } }, "option 'accounts': access_key \"A\" is there twice" },
    { "a key that is there twice", { keys = {
      { provider = "ncloud", key_tag = "t", key_name = "abc" }, { provider = "ncloud", key_tag = "t", key_name = "def" },
    } }, "option 'keys': key_tag \"t\" is there twice" },
    { "a name that is there twice", { keys = {
      { provider = "ncloud", key_tag = "t", key_name = "abc" },
      { provider = "ncloud", key_tag = "u", key_name = "ABC", zone = "global" },
    } }, "option 'keys': key_name \"ABC\" is there twice" },
    { "a seed that is not a table", { seed = "file.json" }, "option 'seed': table expected, got string" },
    { "a seed with a clock", { seed = { clock = 1 } }, 'option \'seed\': unknown field "clock"; known: accounts, keys, settings' },
    { "a seed with a wrong key", { seed = { keys = { { provider = "ncloud", key_tag = "t" } } } },
      "option 'seed': option 'keys', entry 1: field 'key_name' is missing" },
    { "a Huawei host without a region", { hosts = { ["localhost:1"] = { provider = "huawei" } } }, "'region' is missing" },
    { "an IAM host with a region", { hosts = { ["localhost:1"] = { provider = "iam", region = "cn-north-4" } } }, "unknown field" },
    { "a host of an unknown provider", { hosts = { ["localhost:1"] = { provider = "sts" } } },
      "one of huawei, ncloud, iam, metadata" },
  } do
    it("emulator.new raises an argument error for " .. case[1], function()
      local ok, message = pcall(function() emulator.new(case[2]) end)
      assert.is_false(ok)
      assert.truthy(message:find("^%S*config_spec.lua:%d+: bad argument #1 to 'new' %("), message)
      assert.truthy(message:find(case[3], 1, true), message)
      assert.truthy(message:find(config.find_problem(case[2]), 1, true), message)
    end)
  end

  it("a key of Huawei Cloud may have aliases and tags", function()
    assert.is_nil(config.find_problem { keys = { { provider = "huawei", key_id = "k", primary = "cn-north-4",
      aliases = { "a", "b" }, tags = { { key = "stage", value = "test" }, { key = "old" } } } } })
  end)

  it("a name may be there once per owner and zone", function()
    assert.is_nil(config.find_problem { keys = {
      { provider = "ncloud", key_tag = "t", key_name = "abc" },
      { provider = "ncloud", key_tag = "u", key_name = "abc", zone = "kr" },
      { provider = "ncloud", key_tag = "v", key_name = "abc", owner = "other" },
    } })
  end)

  it("a problem names the option and the entry", function()
    assert.equal("option 'keys', entry 2: field 'key_tag' is missing", config.find_problem {
      keys = { { provider = "ncloud", key_tag = "t", key_name = "abc" }, { provider = "ncloud", key_name = "abc" } },
    })
  end)
end)

describe("kms.emulator.config", function()
  it("build_entries copies the entries of one provider and adds the defaults", function()
    local source = { provider = "huawei", key_id = "k", primary = "cn-north-4" }
    local options = { keys = { source, { provider = "ncloud", key_tag = "t", key_name = "abc" } } }
    local entries = config.build_entries(options, "keys", "huawei")
    assert.same({ { provider = "huawei", key_id = "k", primary = "cn-north-4", owner = "demo", replicas = {} } },
      entries)
    entries[1].replicas[1] = "cn-east-3"
    assert.is_nil(source.replicas)
    assert.same({}, config.build_entries(options, "keys", "huawei")[1].replicas)
    assert.same({ options.keys[2] }, config.build_entries(options, "keys", "ncloud"))
  end)
end)
