local provider_call = require "spec.helpers.provider_call"
local file = require "kms.credentials.file"
local subprocess = require "spec.helpers.subprocess"

local function error_of(code, text, err)
  assert.is_nil(text)
  assert.same({ "credentials", code }, { err.kind, err.code })
  return err.message
end

describe("kms.credentials.file", function()
  after_each(provider_call.remove_files)

  it("read returns the whole text of a file, of an empty one, too", function()
    assert.equal("a\r\nb\0c", file.read(provider_call.write_file "a\r\nb\0c", "test file"))
    assert.equal("", file.read(provider_call.write_file "", "test file"))
  end)

  it("read reports a file that does not exist as missing", function()
    assert.equal('test file "/nowhere/x" does not exist', error_of("missing", file.read("/nowhere/x", "test file")))
    error_of("missing", file.read(provider_call.write_file "" .. "/x", "test file"))
  end)

  it("read refuses a folder, an unreadable file and a large file", function()
    assert.equal('test file "/tmp" cannot be read: Is a directory', error_of("invalid", file.read("/tmp", "test file")))
    local open = io.open
    io.open = function(path) return nil, path .. ": Permission denied", 13 end -- luacheck: ignore
    local text, err = file.read("/secret", "test file")
    io.open = open -- luacheck: ignore
    assert.equal('test file "/secret" cannot be read: Permission denied', error_of("invalid", text, err))
    local path = provider_call.write_file(("x"):rep(64 * 1024 + 1))
    assert.equal(('test file "%s" exceeds 65536 bytes'):format(path), error_of("invalid", file.read(path, "test file")))
    assert.equal(64 * 1024, #file.read(provider_call.write_file(("x"):rep(64 * 1024)), "test file"))
  end)

  it("read_token trims the token", function()
    assert.equal("tok.en", file.read_token(provider_call.write_file " tok.en\n", "token file"))
  end)

  it("read_token refuses a file without exactly one token, and an absent file, and does not show the text", function()
    for _, path in ipairs { "/nowhere/token", "/tmp", provider_call.write_file "", provider_call.write_file "hush hush" } do
      assert.not_matches("hush", error_of("invalid", file.read_token(path, "token file")))
    end
  end)

  it("check_permissions warns when users other than the owner may read a file", function()
    local path = provider_call.write_file "x"
    for mode, letters in pairs { ["644"] = "rw-r--r--", ["640"] = "rw-r-----", ["604"] = "rw----r--", ["600"] = false,
      ["400"] = false } do
      assert(os.execute(("chmod %s %s"):format(mode, path)))
      assert.equal(letters and ('users other than its owner can read "%s" (%s): chmod 600'):format(path, letters) or nil,
        (file.check_permissions(path)))
    end
  end)

  it("check_permissions returns no warning where LuaFileSystem is not installed", function()
    local path = provider_call.write_file "x"
    assert(os.execute("chmod 644 " .. path))
    local output = subprocess.run(([[
      package.preload.lfs = function() error "not installed" end
      print((require("kms.credentials.file").check_permissions(%q)))
    ]]):format(path))
    assert.equal("nil\n", output)
  end)
end)
