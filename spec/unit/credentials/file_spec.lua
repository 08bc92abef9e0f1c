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
    assert.equal('test file "/tmp" cannot be read: not a regular file', error_of("invalid", file.read("/tmp", "test file")))
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

  it("read refuses a FIFO, a device, a socket and a file of a gigabyte, and does not wait", function()
    local folder = os.tmpname()
    os.remove(folder)
    assert(os.execute(("mkdir %s && mkfifo %s/fifo && ln -s %s/fifo %s/link && truncate -s 1G %s/large"):format(
      folder, folder, folder, folder, folder)))
    for _, path in ipairs { folder .. "/fifo", folder .. "/link", "/dev/zero", "/dev/tty", "/dev/null" } do
      local output = subprocess.run(([[
        local _, err = require("kms.credentials.file").read(%q, "test file")
        print(err.code, err.message)
      ]]):format(path))
      assert.equal(("invalid\ttest file %q cannot be read: not a regular file\n"):format(path), output)
    end
    local start = os.clock()
    assert.equal(('test file "%s/large" exceeds 65536 bytes'):format(folder),
      error_of("invalid", file.read(folder .. "/large", "test file")))
    assert.is_true(os.clock() - start < 0.5)
    assert(os.execute("rm -r " .. folder))
  end)

  it("read tells why a file cannot be read", function()
    assert.matches("^test file .* cannot be read: File name too long$",
      error_of("invalid", file.read("/" .. ("x"):rep(300), "test file")))
    assert.equal('test file "/tmp\\x00x" cannot be read: the path contains NUL',
      error_of("invalid", file.read("/tmp\0x", "test file")))
  end)

  it("read accepts a file whose size is not known before", function()
    assert.matches("%d", (file.read("/proc/self/stat", "test file")))
  end)

  it("read returns the permission bits, and check_permissions warns when others may read the file", function()
    local path = provider_call.write_file "x"
    for mode, has_warning in pairs { ["644"] = true, ["640"] = true, ["604"] = true, ["600"] = false, ["400"] = false,
      ["622"] = false } do
      assert(os.execute(("chmod %s %s"):format(mode, path)))
      local _, _, bits = file.read(path, "test file")
      assert.equal(tonumber(mode, 8), bits)
      assert.equal(has_warning and ('users other than its owner can read "%s" (mode %s): chmod 600'):format(path, mode)
        or nil, (file.check_permissions(path, bits)))
    end
  end)
end)
