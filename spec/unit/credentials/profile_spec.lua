local caller = require "spec.helpers.provider_call"
local canned = require "spec.helpers.fake_transport"
local child = require "spec.helpers.subprocess"
local credentials = require "kms.credentials"
local lfs = require "lfs"

local HUAWEI = "[basic]\nak = AK\nsk = hush\n"

describe("kms.credentials.profile", function()
  local paths = {}

  local function written(text)
    paths[#paths + 1] = caller.file(text)
    return paths[#paths]
  end

  after_each(function()
    while paths[1] do os.remove(table.remove(paths)) end
  end)

  local function ask(provider, text, profile)
    return credentials.file { path = written(text), profile = profile }:get(caller.context(provider, canned.new {}))
  end

  --- The message of a failure, without the file's name.
  local function problem(code, provider, text, profile)
    local err = caller.failed(code, { "hush", "HUSH" }, ask(provider, text, profile))
    assert.equal("file", err.tried[1].name)
    return (err.message:gsub('credentials file "[^"]*"', "FILE"))
  end

  it("reads Huawei Cloud's profiles", function()
    local text = "# a comment\n[global]\nak = G\nsk = H\n\n; another\n[basic]\r\n"
      .. "  ak=AK\r\n\tsk = S=K==\r\nproject_id = x\nidp_id =\n[ work ]\nak=W\nsk=X\nsecurity_token=T"
    local found = assert(ask("huawei", text))
    assert.same({ "AK", "S=K==" }, { found.access_key, found.secret_key })
    found = assert(ask("huawei", text, "work"))
    assert.same({ "W", "X", "T" }, { found.access_key, found.secret_key, found.security_token })
    assert.equal("G", ask("huawei", text, "global").access_key)
  end)

  it("reads NAVER Cloud's, with keys before any section and in [DEFAULT]", function()
    local keys = "ncloud_access_key_id = A\nncloud_secret_access_key = S = \nncloud_api_url = https://x\n"
    for _, text in ipairs { keys, "[DEFAULT]\n" .. keys, "\239\187\191" .. keys, keys:gsub("\n", "\r\n") .. "[other]\nncloud_access_key_id=B\n" } do
      local found = assert(ask("ncloud", text))
      assert.same({ "A", "S =" }, { found.access_key, found.secret_key })
    end
    local text = keys .. "[other]\nncloud_access_key_id=B\nncloud_secret_access_key=T\n[empty]"
    assert.equal("B", ask("ncloud", text, "other").access_key)
    assert.equal("A", ask("ncloud", text, "DEFAULT").access_key)
  end)

  it("is missing what is not there", function()
    assert.equal('FILE, profile "basic": there is no such profile, or it is empty', problem("missing", "huawei", ""))
    assert.equal('FILE, profile "basic": there is no such profile, or it is empty', problem("missing", "huawei", "ak = A\nsk = hush\n"))
    assert.equal('FILE, profile "basic": no ak and sk', problem("missing", "huawei", "[basic]\nak =\nidp_id = x\n"))
    assert.equal('FILE, profile "DEFAULT": no ncloud_access_key_id and ncloud_secret_access_key', problem("missing", "ncloud", "[DEFAULT]\nx = y"))
    local source = credentials.file { path = "/nowhere/credentials" }
    local err = caller.failed("missing", {}, source:get(caller.context("huawei", canned.new {})))
    assert.equal('credentials file "/nowhere/credentials" does not exist', err.message)
    caller.failed("missing", {}, credentials.file { path = written "" .. "/credentials" }:get(caller.context("huawei", canned.new {})))
  end)

  it("refuses what is there and wrong", function()
    for expected, text in pairs {
      ['FILE, profile "basic": no sk'] = "[basic]\nak = A\nsk =\n",
      ['FILE, profile "basic": no ak'] = "[basic]\nsk = hush\n",
      ["FILE: line 3 must be key = value, [section] or a comment"] = "[basic]\nak = A\nsk: hush\n",
      ["FILE: line 1 must be key = value, [section] or a comment"] = "= hush",
      ["FILE: line 2 begins with [, but is not a section of the form [name]"] = "\n[hush\nak = A",
      ["FILE: line 4 repeats ak of line 2"] = "[basic]\nak = A\nsk = hush\nak = B\n",
      ["FILE: line 5 repeats sk of line 3"] = "[basic]\nak = A\nsk = hush\n[basic]\nsk = HUSH\n",
      ["FILE: line 2 has a quoted value; remove the quotes"] = "[basic]\nsk = \"hush\"\n",
      ["FILE: line 2 contains control characters"] = "[basic]\nsk = hush\0\n",
      ["FILE: line 1 contains control characters"] = "\127ELF\1\2hush",
      ["FILE: line 3 is longer than 16384 bytes"] = "[basic]\nak = A\nsk = " .. ("HUSH"):rep(5000),
      ["FILE exceeds 65536 bytes"] = HUAWEI .. ("# hush\n"):rep(10000),
      ['FILE, profile "basic": access_key must be visible ASCII characters, without spaces'] = "[basic]\nak = A hush\nsk = x\n",
    } do
      assert.equal(expected, problem("invalid", "huawei", text))
    end
    assert.equal('FILE, profile "work": there is no such profile, or it is empty', problem("invalid", "huawei", HUAWEI, "work"))
    assert.equal('FILE, profile "work": no ak and sk', problem("invalid", "huawei", "[work]\nak =", "work"))
  end)

  it("refuses a folder, and what it may not read", function()
    local context = caller.context("huawei", canned.new {})
    local err = caller.failed("invalid", {}, credentials.file { path = "/tmp" }:get(context))
    assert.equal('credentials file "/tmp" cannot be read: Is a directory', err.message)
    local open = io.open
    io.open = function(path) return nil, path .. ": Permission denied", 13 end -- luacheck: ignore
    local found
    found, err = credentials.file { path = "/secret" }:get(context)
    io.open = open -- luacheck: ignore
    caller.failed("invalid", {}, found, err)
    assert.equal('credentials file "/secret" cannot be read: Permission denied', err.message)
  end)

  it("warns of a file that others can read", function()
    local path = written(HUAWEI)
    local source, context = credentials.file { path = path }, caller.context("huawei", canned.new {})
    for mode, letters in pairs { ["644"] = "rw-r--r--", ["640"] = "rw-r-----", ["604"] = "rw----r--", ["600"] = false, ["400"] = false } do
      assert(os.execute(("chmod %s %s"):format(mode, path)))
      assert.equal(letters and ('users other than its owner can read "%s" (%s): chmod 600'):format(path, letters) or nil,
        source:get(context).warning)
    end
  end)

  it("does without LuaFileSystem, and then without the warning", function()
    local path = written(HUAWEI)
    assert(os.execute("chmod 644 " .. path))
    local output = child.run(([[
      package.preload.lfs = function() error "not installed" end
      local caller, canned = require "spec.helpers.provider_call", require "spec.helpers.fake_transport"
      local found = assert(require("kms.credentials").file { path = %q }:get(caller.context("huawei", canned.new {})))
      print(found.secret_key, found.warning)
    ]]):format(path))
    assert.equal("hush\tnil\n", output)
  end)

  it("is read anew for each call", function()
    local path = written(HUAWEI)
    local source, context = credentials.file { path = path }, caller.context("huawei", canned.new {})
    assert.equal("AK", source:get(context).access_key)
    local file = assert(io.open(path, "w"))
    file:write "[basic]\nak = NEW\nsk = x\n"
    file:close()
    assert.equal("NEW", source:get(context).access_key)
  end)

  it("is found where the clouds' own tools have it", function()
    local home = os.tmpname()
    os.remove(home)
    assert(lfs.mkdir(home) and lfs.mkdir(home .. "/.huaweicloud") and lfs.mkdir(home .. "/.ncloud"))
    local function write(name, text)
      local file = assert(io.open(home .. name, "w"))
      file:write(text)
      file:close()
    end
    write("/.huaweicloud/credentials", "[basic]\nak = H\nsk = x\n")
    write("/.ncloud/configure", "ncloud_access_key_id = N\nncloud_secret_access_key = x\n[mine]\nncloud_access_key_id = M\nncloud_secret_access_key = x\n")
    local program = [[
      local caller, canned = require "spec.helpers.provider_call", require "spec.helpers.fake_transport"
      local found, err = require("kms.credentials").file():get(caller.context("%s", canned.new {}))
      print(found and found.access_key or err.message)
    ]]
    local function found(provider, variables) return (child.run(program:format(provider), variables):gsub("\n$", "")) end
    assert.equal("H", found("huawei", { HOME = home }))
    assert.equal("N", found("ncloud", { HOME = home }))
    assert.equal("H", found("huawei", { USERPROFILE = home }))
    assert.equal("M", found("ncloud", { HOME = home, NCLOUD_PROFILE = "mine" }))
    assert.matches('profile "gone": there is no such profile, or it is empty$', found("ncloud", { HOME = home, NCLOUD_PROFILE = "gone" }))
    local path = written "[basic]\nak = V\nsk = x\n"
    assert.equal("V", found("huawei", { HOME = home, HUAWEICLOUD_SDK_CREDENTIALS_FILE = path }))
    assert.equal("no credentials file: HOME, the folder of ~/.huaweicloud/credentials, is not set", found("huawei", {}))
    os.execute("rm -r " .. home)
  end)
end)
