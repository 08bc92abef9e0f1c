--- kms.cli.access_key: the access key of a run, as a person sees it.

local access_key = require "kms.cli.access_key"
local kms = require "kms"

local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local CREDENTIALS = { access_key = "ABCDEFGHIJKLMNOP", secret_key = "secret" }

local function find(client, name, params, options)
  return access_key.find(client, client:operation(name), params, options or {})
end

describe("kms.cli.access_key", function()
  it("shows the ends of an access key, and less of a short one", function()
    assert.equal("ABCD...MNOP", access_key.mask "ABCDEFGHIJKLMNOP")
    assert.equal("AB...", access_key.mask "ABCDEFGHIJKL")
  end)

  it("finds the access key that signs a request of each cloud, and sends nothing", function()
    local huawei = kms.huawei { region = "cn-north-4", project_id = ("0"):rep(32), credentials = CREDENTIALS }
    assert.equal("ABCD...MNOP", find(huawei, "update_primary_region", { key_id = KEY, primary_region = "cn-east-3" }))
    local ncloud = kms.ncloud { credentials = CREDENTIALS }
    assert.equal("ABCD...MNOP", find(ncloud, "rename_key", { key_tag = "tag", key_name = "name" }))
  end)

  it("finds it although the project has to be looked up", function()
    local huawei = kms.huawei { region = "cn-north-4", project_id = "auto", credentials = CREDENTIALS }
    assert.equal("ABCD...MNOP", find(huawei, "list_key_detail", { key_id = KEY }))
  end)

  it("finds none without credentials, and asks no source that needs a request", function()
    local asked = 0
    local ncloud = kms.ncloud { credentials = function()
      asked = asked + 1
      return nil, "none"
    end }
    local params = { key_tag = "tag", key_name = "name" }
    assert.is_nil(find(ncloud, "rename_key", params, { credentials = "metadata" }))
    assert.equal(0, asked)
    assert.is_nil(find(ncloud, "rename_key", params))
    assert.equal(1, asked)
  end)
end)
