local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local credentials = require "kms.credentials"
local lfs = require "lfs"
local subprocess = require "spec.helpers.subprocess"

local HUAWEI = "[basic]\nak = AK\nsk = hush\n"

local function new_context(cloud)
  return provider_call.new_context(cloud or "huawei", fake_transport.new {})
end

local function get(cloud, text, profile)
  return credentials.file { path = provider_call.write_file(text), profile = profile }:get(new_context(cloud))
end

--- Returns the message of a failure with FILE in place of the file's name.
local function message_of(code, cloud, text, profile)
  local err = provider_call.assert_failure(code, { "hush", "HUSH" }, get(cloud, text, profile))
  assert.equal("file", err.tried[1].name)
  return (err.message:gsub('credentials file "[^"]*"', "FILE"))
end

describe("kms.credentials.profile", function()
  after_each(provider_call.remove_files)

  it("a profile of Huawei Cloud is a section with ak, sk and security_token", function()
    local text = "# a comment\n[global]\nak = G\nsk = H\n\n; another\n[basic]\r\n"
      .. "  ak=AK\r\n\tsk = S=K==\r\nproject_id = x\nidp_id =\n[ work ]\nak=W\nsk=X\nsecurity_token=T"
    local basic = assert(get("huawei", text))
    assert.same({ "AK", "S=K==" }, { basic.access_key, basic.secret_key })
    local work = assert(get("huawei", text, "work"))
    assert.same({ "W", "X", "T" }, { work.access_key, work.secret_key, work.security_token })
    assert.equal("G", get("huawei", text, "global").access_key)
  end)

  it("the default profile of NAVER Cloud is [DEFAULT] and the keys before the first section", function()
    local keys = "ncloud_access_key_id = A\nncloud_secret_access_key = S= \nncloud_api_url = https://x\n"
    for _, text in ipairs { keys, "[DEFAULT]\n" .. keys, "\239\187\191" .. keys,
      keys:gsub("\n", "\r\n") .. "[other]\nncloud_access_key_id=B\n" } do
      local default = assert(get("ncloud", text))
      assert.same({ "A", "S=" }, { default.access_key, default.secret_key })
    end
    local text = keys .. "[other]\nncloud_access_key_id=B\nncloud_secret_access_key=T\n[empty]"
    assert.equal("B", get("ncloud", text, "other").access_key)
    assert.equal("A", get("ncloud", text, "DEFAULT").access_key)
  end)

  it("an absent file and an absent or empty default profile are missing", function()
    assert.equal('FILE, profile "basic": there is no such profile, or it is empty', message_of("missing", "huawei", ""))
    assert.equal('FILE, profile "basic": there is no such profile, or it is empty',
      message_of("missing", "huawei", "ak = A\nsk = hush\n"))
    assert.equal('FILE, profile "basic": no ak and sk', message_of("missing", "huawei", "[basic]\nak =\nidp_id = x\n"))
    assert.equal('FILE, profile "DEFAULT": no ncloud_access_key_id and ncloud_secret_access_key',
      message_of("missing", "ncloud", "[DEFAULT]\nx = y"))
    local err = provider_call.assert_failure("missing", {},
      credentials.file { path = "/nowhere/credentials" }:get(new_context()))
    assert.equal('credentials file "/nowhere/credentials" does not exist', err.message)
    provider_call.assert_failure("missing", {},
      credentials.file { path = provider_call.write_file "" .. "/credentials" }:get(new_context()))
  end)

  it("a malformed file, an incomplete profile and a repeated key are refused", function()
    for expected, text in pairs {
      ['FILE, profile "basic": no sk'] = "[basic]\nak = A\nsk =\n",
      ['FILE, profile "basic": no ak'] = "[basic]\nsk = hush\n",
      ["FILE: line 3 must be key = value, [section] or a comment"] = "[basic]\nak = A\nsk: hush\n",
      ["FILE: line 4 repeats ak of line 2"] = "[basic]\nak = A\nsk = hush\nak = B\n",
      ["FILE: line 5 repeats sk of line 3"] = "[basic]\nak = A\nsk = hush\n[basic]\nsk = HUSH\n",
      ["FILE exceeds 65536 bytes"] = HUAWEI .. ("# hush\n"):rep(10000),
    } do
      assert.equal(expected, message_of("invalid", "huawei", text))
    end
  end)

  it("a value that tools read in different ways is refused with its line, its key and the rule", function()
    local quote = "must not begin or end with a quote, because some tools remove it and others do not"
    local comment = "must not be followed by a comment, because some tools remove it and others do not"
    local visible = "must be 1 to 8192 visible ASCII characters, without spaces"
    for value, rule in pairs {
      ['"hush"'] = quote, ["'hush'"] = quote, ["`hush`"] = quote, ['"""hush"""'] = quote, ['"hush";tail'] = quote,
      ['"hush" # comment'] = quote, ["hush'"] = quote, ["hush # comment"] = comment, ["hush\t; comment"] = comment,
      ["“hush”"] = visible, ["‘hush’"] = visible, ["hush\194\160"] = visible, ["\239\187\191hush"] = visible,
      ["hu\226\128\139sh"] = visible, ["hush\227\128\128# comment"] = visible, ["hush hush"] = visible,
      ["hush\160"] = visible, ["${HUSH}"] = "must not contain ${, because some tools replace it", [("h"):rep(8193)] = visible,
    } do
      assert.equal(('FILE, profile "basic": line 3: sk %s'):format(rule),
        message_of("invalid", "huawei", ("[basic]\nak = A\nsk = %s\n"):format(value)))
      assert.equal(('FILE, profile "basic": line 2: ak %s%s'):format(rule, rule == visible and " and commas" or ""),
        message_of("invalid", "huawei", ("[basic]\nak = %s\nsk = x\n"):format(value)))
      assert.equal(('FILE, profile "basic": line 4: security_token %s'):format(rule),
        message_of("invalid", "huawei", ("[basic]\nak = A\nsk = x\nSecurity_Token = %s\n"):format(value)))
      assert.equal(('FILE, profile "DEFAULT": line 2: ncloud_secret_access_key %s'):format(rule),
        message_of("invalid", "ncloud", ("ncloud_access_key_id = A\nncloud_secret_access_key = %s\n"):format(value)))
    end
    for _, value in ipairs { "a%%hush", "%(hush)s" } do
      assert.equal("FILE: line 3: sk must not contain %% or %(, because some tools replace them",
        message_of("invalid", "huawei", ("[basic]\nak = A\nsk = %s\n"):format(value)))
    end
    assert.equal("#ab;cd%ef$gh", get("huawei", "[basic]\nak = A\nsk = #ab;cd%ef$gh\n").secret_key)
  end)

  it("a misspelt key of the token is refused, because the keys would be used without their token", function()
    for _, key in ipairs { "securitytoken", "token", "security-token", "session_token", "STS_TOKEN", "securty_tokn" } do
      assert.equal("FILE: line 4 has an unknown key of a token; the key is security_token",
        message_of("invalid", "huawei", HUAWEI .. key .. " = hush\n"))
    end
    assert.equal("FILE: line 3 has an unknown key of a token; profiles of this cloud have none",
      message_of("invalid", "ncloud", "ncloud_access_key_id = A\nncloud_secret_access_key = x\ntoken = hush\n"))
    assert(get("huawei", HUAWEI .. "id_token_file = /x\nsecuritytoken =\n[other]\ntoken = x\n"))
  end)

  it("a key of the section DEFAULT that the profile lacks is refused, because some tools use it in every section", function()
    assert.equal('FILE: line 2: for some tools, security_token in the section DEFAULT belongs to every section; write it '
      .. 'into the section "basic"', message_of("invalid", "huawei", "[DEFAULT]\nsecurity_token = hush\n" .. HUAWEI))
    assert.matches('ncloud_secret_access_key in the section DEFAULT', message_of("invalid", "ncloud",
      "[DEFAULT]\nncloud_access_key_id = A\nncloud_secret_access_key = x\n[work]\nncloud_access_key_id = B\n", "work"))
    assert(get("huawei", "[DEFAULT]\nak = A\nsk = x\nsecurity_token =\nother = y\n" .. HUAWEI))
  end)

  it("a profile that was asked for by name must exist and be complete", function()
    assert.equal('FILE, profile "work": there is no such profile, or it is empty',
      message_of("invalid", "huawei", HUAWEI, "work"))
    assert.equal('FILE, profile "work": no ak and sk', message_of("invalid", "huawei", "[work]\nak =", "work"))
  end)

  it("a folder in place of the file is refused", function()
    local err = provider_call.assert_failure("invalid", {}, credentials.file { path = "/tmp" }:get(new_context()))
    assert.equal('credentials file "/tmp" cannot be read: not a regular file', err.message)
  end)

  it("the credentials carry a warning when other users can read the file", function()
    local path = provider_call.write_file(HUAWEI)
    local file = credentials.file { path = path }
    assert(os.execute("chmod 644 " .. path))
    assert.equal(('users other than its owner can read "%s" (mode 644): chmod 600'):format(path),
      file:get(new_context()).warning)
    assert(os.execute("chmod 600 " .. path))
    assert.is_nil(file:get(new_context()).warning)
  end)

  it("the file is read for each call", function()
    local path = provider_call.write_file(HUAWEI)
    local provider = credentials.file { path = path }
    assert.equal("AK", provider:get(new_context()).access_key)
    local file = assert(io.open(path, "w"))
    file:write "[basic]\nak = NEW\nsk = x\n"
    file:close()
    assert.equal("NEW", provider:get(new_context()).access_key)
  end)

  it("in NGINX the file is read once in ten seconds, and again after its credentials were refused", function()
    local path = provider_call.write_file(HUAWEI)
    assert.equal("1 1 2 3 AK hush invalid 4 4 invalid\n", (subprocess.run(([[
      ngx = {}
      local http1 = require "kms.http1"
      local read_file, count = http1.read_file, 0
      http1.read_file = function(...) count = count + 1 return read_file(...) end
      local provider_call = require "spec.helpers.provider_call"
      local transport = require("spec.helpers.fake_transport").new {}
      local provider = require("kms.credentials").file { path = %q }
      local function get()
        local credentials, err = provider:get(provider_call.new_context("huawei", transport))
        return credentials or err
      end
      local results = {}
      local function note(value) results[#results + 1] = tostring(value) end
      local first = get() note(count)
      transport.time = transport.time + 9.9
      assert(get() == first) note(count)
      transport.time = transport.time + 0.1
      get() note(count)
      provider:forget(first)
      local last = get() note(count)
      note(last.access_key) note(last.secret_key)
      io.open(%q, "w"):close()
      local file = io.open(%q, "w") file:write "[basic]\nak = A\n" file:close()
      transport.time = transport.time + 10
      note(get().code) note(count)
      local err = get() note(count) note(err.code)
      assert(err ~= get())
      print(table.concat(results, " "))
    ]]):format(path, path, path))))
  end)

  it("the file is where the clouds' own tools and variables place it", function()
    local home = os.tmpname()
    os.remove(home)
    assert(lfs.mkdir(home) and lfs.mkdir(home .. "/.huaweicloud") and lfs.mkdir(home .. "/.ncloud"))
    local function write(name, text)
      local file = assert(io.open(home .. name, "w"))
      file:write(text)
      file:close()
    end
    write("/.huaweicloud/credentials", "[basic]\nak = H\nsk = x\n")
    write("/.ncloud/configure", "ncloud_access_key_id = N\nncloud_secret_access_key = x\n"
      .. "[mine]\nncloud_access_key_id = M\nncloud_secret_access_key = x\n")
    local function get_with(cloud, variables)
      return (subprocess.run(([[
        local provider_call, fake_transport = require "spec.helpers.provider_call", require "spec.helpers.fake_transport"
        local context = provider_call.new_context("%s", fake_transport.new {})
        local credentials, err = require("kms.credentials").file():get(context)
        print(credentials and credentials.access_key or err.message)
      ]]):format(cloud), variables):gsub("\n$", ""))
    end
    assert.equal("H", get_with("huawei", { HOME = home }))
    assert.equal("N", get_with("ncloud", { HOME = home }))
    assert.equal("H", get_with("huawei", { USERPROFILE = home }))
    assert.equal("M", get_with("ncloud", { HOME = home, NCLOUD_PROFILE = "mine" }))
    assert.matches('profile "gone": there is no such profile, or it is empty$',
      get_with("ncloud", { HOME = home, NCLOUD_PROFILE = "gone" }))
    local path = provider_call.write_file "[basic]\nak = V\nsk = x\n"
    assert.equal("V", get_with("huawei", { HOME = home, HUAWEICLOUD_SDK_CREDENTIALS_FILE = path }))
    assert.equal("no credentials file: HOME, the folder of ~/.huaweicloud/credentials, is not set", get_with("huawei", {}))
    os.execute("rm -r " .. home)
  end)
end)
