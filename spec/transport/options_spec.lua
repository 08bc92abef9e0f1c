--- The files and the trust that the options of kms.transport.curl name: what cannot be read, and what replaces what.

local curl = require "kms.transport.curl"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

local FOLDER = ("%s/%s/options"):format(os.getenv "BUILD" or "build", subprocess.lua)

local function execute(command)
  local output, ok = subprocess.execute(command)
  assert.is_true(ok, output)
  return output
end

local function send(options)
  local transport = curl.new(options)
  return transport:send { method = "GET", scheme = "https", host = servers.host "https", target = "/" }
end

describe("an option of kms.transport.curl that names a file", function()
  setup(function()
    execute(("rm -rf %s && mkdir -p %s/folder && mkfifo %s/fifo && truncate -s 17M %s/large && echo text > %s/text"):format(
      FOLDER, FOLDER, FOLDER, FOLDER, FOLDER))
  end)

  for _, name in ipairs { "ca_file", "client_cert", "client_key" } do
    for path, problem in pairs { missing = "No such file or directory", folder = "not a regular file", fifo = "not a regular file",
      large = "larger than 16 MiB" } do
      it(("%s says at once what is wrong with the path of a %s"):format(name, path), function()
        local options = { ca_file = servers.ca_file }
        options[name] = FOLDER .. "/" .. path
        local response, err = send(options)
        assert.is_nil(response)
        assert.same({ "transport", "tls", false, false }, { err.kind, err.code, err.uncertain, err.retryable })
        assert.is_truthy(err.message:find(("%s cannot be read: %s"):format(name, problem), 1, true), err.message)
      end)
    end

    it(name .. " causes an error that is not retried if the file holds no PEM", function()
      local options = { ca_file = servers.ca_file, client_cert = name == "client_key" and servers.dir .. "/agent.pem" or nil }
      options[name] = FOLDER .. "/text"
      local _, err = send(options)
      assert.same({ "tls", false }, { err and err.code, err and err.retryable })
    end)
  end

  it("is not looked at for plain HTTP", function()
    local response = curl.new({ ca_file = FOLDER .. "/missing" }):send {
      method = "GET", scheme = "http", host = servers.host "http", target = "/" }
    assert.equal(200, response.status)
  end)
end)

describe("a certificate that is not trusted", function()
  it("causes an error that is not retried", function()
    for _, place in ipairs { "unknown_ca", "self_signed", "expired", "wrong_host" } do
      local _, err = curl.new({ ca_file = servers.ca_file }):send {
        method = "GET", scheme = "https", host = servers.host(place), target = "/" }
      assert.same({ "tls", false, false }, { err.code, err.retryable, err.uncertain }, place)
    end
  end)
end)

describe("the system's trust", function()
  --- Runs a program in a mount namespace in which the system trusts the CA of the test servers.
  local function run_with_system_ca(program)
    local store = FOLDER .. "/store"
    execute(("mkdir -p %s && cp %s %s/ca-certificates.crt && cp %s %s/test.pem && openssl rehash %s"):format(
      store, servers.ca_file, store, servers.ca_file, store, store))
    local command = ("unshare -m sh -c %s"):format(subprocess.quote(("mount --bind %s /etc/ssl/certs && exec %s -e %s"):format(
      store, subprocess.lua, subprocess.quote(program))))
    return subprocess.execute(command, { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") })
  end

  it("applies by default, and is replaced by ca_file and by ca_path", function()
    local _, can_mount = subprocess.execute "unshare -m true"
    if not can_mount then
      pending "needs the right to make a mount namespace"
      return
    end
    execute(("mkdir -p %s/other && cp %s/other-ca.pem %s/other/other.pem && openssl rehash %s/other"):format(
      FOLDER, servers.dir, FOLDER, FOLDER))
    local output, ok = run_with_system_ca(([[
      local curl, servers = require "kms.transport.curl", require "spec.helpers.test_servers"
      local function send(options)
        local response, err = curl.new(options):send {
          method = "GET", scheme = "https", host = servers.host "https", target = "/" }
        return response and response.status or err.code
      end
      print(send(), send { ca_file = %q }, send { ca_path = %q }, send { ca_file = servers.ca_file })]]):format(
      FOLDER .. "/other/other.pem", FOLDER .. "/other"))
    assert.is_true(ok, output)
    assert.equal("200\ttls\ttls\t200\n", output)
  end)
end)

describe("the descriptors of kms.transport.curl", function()
  it("are not inherited by programs that the host starts #inspect", function()
    local output, ok = subprocess.run([[
      local curl, servers = require "kms.transport.curl", require "spec.helpers.test_servers"
      local transport = curl.new { ca_file = servers.ca_file }
      assert(transport:send { method = "GET", scheme = "https", host = servers.host "https", target = "/" })
      assert(transport:send { method = "GET", scheme = "http", host = servers.host "http", target = "/" })
      local tcp = {}
      for line in io.lines "/proc/self/net/tcp" do
        local fields = {}
        for field in line:gmatch "%S+" do fields[#fields + 1] = field end
        tcp[fields[10] or ""] = true
      end
      local inherited = 0
      for inode in io.popen("ls -l /proc/self/fd"):read "*a":gmatch "socket:%[(%d+)%]" do
        if tcp[inode] then inherited = inherited + 1 end
      end
      print(inherited)]], { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") })
    assert.is_true(ok, output)
    assert.equal("0\n", output)
  end)

  it("cause a clear error when there is none left", function()
    local output, ok = subprocess.run([[
      local curl, servers = require "kms.transport.curl", require "spec.helpers.test_servers"
      local function send(transport)
        return transport:send { method = "GET", scheme = "https", host = servers.host "https", target = "/" }
      end
      assert(send(curl.new { ca_file = servers.ca_file })) -- what is loaded at the first request is loaded
      local files, transport = {}, curl.new { ca_file = servers.ca_file }
      repeat files[#files + 1] = io.open "/dev/null" until not io.open "/dev/null"
      local response, err = send(transport)
      print(response, err.code, err.uncertain)]], { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") },
      "prlimit --nofile=64:64")
    assert.is_true(ok, output)
    assert.equal("nil\tother\tfalse\n", output)
  end)
end)
