--- kms.emulator.huawei.versions: the versions of the API.

local cjson = require "cjson"
local emulator = require "kms.emulator"

local cloud = emulator.new()

local function get(target)
  local response = cloud:handle { method = "GET", scheme = "https", host = "kms.cn-north-4.myhuaweicloud.com", target = target,
    headers = { { "Host", "kms.cn-north-4.myhuaweicloud.com" } } }
  return response.status, cjson.decode(response.body)
end

describe("the versions of the emulator", function()
  it("show_versions and show_version need no authentication", function()
    local status, object = get "/"
    assert.equal(200, status)
    assert.same({ "v1.0", "https://kms.cn-north-4.myhuaweicloud.com/v1.0/", "self" },
      { object.versions[1].id, object.versions[1].links[1].href, object.versions[1].links[1].rel })
    assert.same({ 200, { version = object.versions[1] } }, { get "/v1.0" })
  end)

  it("show_version refuses an unknown version", function()
    local status, object = get "/v9"
    assert.same({ 400, "KMS.0201" }, { status, object.error.error_code })
  end)

  it("all other paths need authentication", function()
    assert.equal(401, (get "/v1.0/p/kms/tags"))
  end)
end)
