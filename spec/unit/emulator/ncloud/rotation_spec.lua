--- kms.emulator.ncloud.rotation: manual and automatic rotation.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"

local TAG, DISABLED_TAG = emulated_ncloud.TAG, emulated_ncloud.DISABLED_TAG
local DAY = 24 * 3600

local cloud, ncloud

local function post(action) return ncloud:call("POST", "/" .. TAG .. "/" .. action) end
local function get() return ncloud:call("GET", "/" .. TAG) end
local function in_days(days) return math.floor((cloud:now() + days * DAY) * 1000) end

before_each(function()
  cloud = emulator.new()
  ncloud = emulated_ncloud.new(cloud)
end)

describe("rotation in the emulator", function()
  it("rotate_key adds a version", function()
    cloud:advance(60)
    assert.same({ keyTag = TAG, version = 2, rotatedDate = in_days(0) }, post "rotate")
    assert.equal(2, get().currentVersion)
  end)

  it("rotate_key refuses a disabled key and a version above 100", function()
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", "/" .. DISABLED_TAG .. "/rotate")
    for _ = 2, 100 do post "rotate" end
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", "/" .. TAG .. "/rotate")
    assert.equal(100, get().currentVersion)
  end)

  it("automatic rotation adds a version per period", function()
    assert.same({ keyTag = TAG, isAutoRotation = true, rotationPeriod = 90, nextRotationDate = in_days(90) },
      post "enable-auto-rotation")
    cloud:advance(90 * DAY - 1)
    assert.equal(1, get().currentVersion)
    cloud:advance(1)
    assert.equal(2, get().currentVersion)
    cloud:advance(200 * DAY)
    assert.equal(4, get().currentVersion)
    assert.equal(in_days(70), get().nextRotationDate)
  end)

  it("a repeated enable_auto_rotation keeps the date of the next rotation", function()
    local first = post "enable-auto-rotation"
    cloud:advance(DAY)
    assert.same(first, post "enable-auto-rotation")
  end)

  it("a manual rotation starts a new period", function()
    post "enable-auto-rotation"
    cloud:advance(DAY)
    post "rotate"
    assert.equal(in_days(90), get().nextRotationDate)
  end)

  it("disable_auto_rotation ends automatic rotation", function()
    post "enable-auto-rotation"
    assert.same({ keyTag = TAG, isAutoRotation = false }, post "disable-auto-rotation")
    cloud:advance(1000 * DAY)
    assert.equal(1, get().currentVersion)
    assert.equal(cjson.null, get().nextRotationDate)
  end)

  it("a disabled key is not rotated automatically", function()
    post "enable-auto-rotation"
    post "disable"
    cloud:advance(91 * DAY)
    assert.equal(1, get().currentVersion)
  end)

  it("update_rotation_period changes the period while automatic rotation is on", function()
    local function update(days) return ncloud:send("PUT", "/" .. TAG .. "/rotation-period", { rotationPeriod = days }) end
    assert.equal(422, (update(30)))
    post "enable-auto-rotation"
    for _, days in ipairs { 0, 731, 1.5, "soon" } do assert.equal(400, (update(days))) end
    local _, object = update(30)
    assert.same({ keyTag = TAG, rotationPeriod = 30, nextRotationDate = in_days(30) }, object.data)
  end)
end)
