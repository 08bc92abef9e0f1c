--- The options of kms.transport.curl: the files that they name, the trust and the client certificate, and the descriptors.

local curl = require "kms.transport.curl"
local curl_requests = require "spec.helpers.curl_requests"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

local new_request, new_transport = curl_requests.new_request, curl_requests.new_transport

local FOLDER = ("%s/%s/options"):format(os.getenv "BUILD" or "build", subprocess.lua)
local SERVER_VARIABLES = { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") }

local function execute(command)
  local output, ok = subprocess.execute(command)
  assert.is_true(ok, output)
  return output
end

describe("options that name a file", function()
  setup(function()
    execute(("rm -rf %s && mkdir -p %s/folder && mkfifo %s/fifo && truncate -s 17M %s/large && echo text > %s/text"):format(
      FOLDER, FOLDER, FOLDER, FOLDER, FOLDER))
  end)

  for _, name in ipairs { "ca_file", "client_cert", "client_key" } do
    for _, case in ipairs {
      { path = "missing", state = "does not exist", problem = "No such file or directory" },
      { path = "folder", state = "is a folder", problem = "not a regular file" },
      { path = "fifo", state = "is a FIFO", problem = "not a regular file" },
      { path = "large", state = "exceeds 16 MiB", problem = "larger than 16 MiB" },
    } do
      it(("an error names %s and the problem if the option's file %s"):format(name, case.state), function()
        local options = { ca_file = servers.ca_file }
        options[name] = FOLDER .. "/" .. case.path
        local response, err = curl.new(options):send(new_request "https")
        assert.is_nil(response)
        assert.same({ "transport", "tls", false, false }, { err.kind, err.code, err.uncertain, err.retryable })
        assert.is_truthy(err.message:find(("%s cannot be read: %s"):format(name, case.problem), 1, true), err.message)
      end)
    end

    it(name .. " with a file that is not PEM causes an error that is not retried", function()
      local options = { ca_file = servers.ca_file, client_cert = name == "client_key" and servers.dir .. "/agent.pem" or nil }
      options[name] = FOLDER .. "/text"
      local _, err = curl.new(options):send(new_request "https")
      assert.same({ "tls", false }, { err and err.code, err and err.retryable })
      -- The TLS library reads the file. Some name it, for others the library names the option. libcurl 7.74 names neither.
      assert.is_truthy(err.message:find(FOLDER .. "/text", 1, true) or err.message:find(name, 1, true)
        or name == "client_cert" and err.message:find("could not load PEM client certificate", 1, true), err.message)
    end)
  end

  for path, problem in pairs { missing = "No such file or directory", text = "not a folder", fifo = "not a folder" } do
    it(("an error names ca_path and the problem if its folder is %s"):format(path), function()
      local response, err = curl.new({ ca_path = FOLDER .. "/" .. path }):send(new_request "https")
      assert.is_nil(response)
      assert.same({ "transport", "tls", false, false }, { err.kind, err.code, err.uncertain, err.retryable })
      assert.is_truthy(err.message:find("ca_path cannot be read: " .. problem, 1, true), err.message)
    end)
  end

  it("a request without TLS does not read the file of ca_file", function()
    local response = curl.new({ ca_file = FOLDER .. "/missing" }):send(new_request "http")
    assert.equal(200, response.status)
  end)
end)

describe("the trust of kms.transport.curl", function()
  --- Runs a program in a mount namespace in which the system trusts the CA of the test servers.
  local function run_with_system_ca(program)
    local store = FOLDER .. "/store"
    execute(("mkdir -p %s && cp %s %s/ca-certificates.crt && cp %s %s/test.pem && openssl rehash %s"):format(
      store, servers.ca_file, store, servers.ca_file, store, store))
    local command = ("unshare -m sh -c %s"):format(subprocess.quote(("mount --bind %s /etc/ssl/certs && exec %s -e %s"):format(
      store, subprocess.lua, subprocess.quote(program))))
    return subprocess.execute(command, SERVER_VARIABLES)
  end

  it("a transport without ca_file and ca_path does not trust the CA of the test servers", function()
    local _, err = curl.new():send(new_request "https")
    assert.equal("tls", err.code)
    assert.equal(60, err.cause.code)
  end)

  it("a transport trusts the CAs in the folder of ca_path", function()
    assert.equal(200, curl.new({ ca_path = servers.dir .. "/ca.d" }):send(new_request "https").status)
  end)

  it("a transport trusts the system's CAs, unless ca_file or ca_path replaces them", function()
    local _, can_mount = subprocess.execute "unshare -m true"
    if not can_mount then
      pending "needs the right to make a mount namespace"
      return
    end
    execute(("mkdir -p %s/other && cp %s/other-ca.pem %s/other/other.pem && openssl rehash %s/other"):format(
      FOLDER, servers.dir, FOLDER, FOLDER))
    local output, ok = run_with_system_ca(([[
      local curl, servers = require "kms.transport.curl", require "spec.helpers.test_servers"
      local request = require("spec.helpers.curl_requests").new_request "https"
      local function send(options)
        local response, err = curl.new(options):send(request)
        return response and response.status or err.code
      end
      print(send(), send { ca_file = %q }, send { ca_path = %q }, send { ca_file = servers.ca_file })]]):format(
      FOLDER .. "/other/other.pem", FOLDER .. "/other"))
    assert.is_true(ok, output)
    assert.equal("200\ttls\ttls\t200\n", output)
  end)

  it("a transport trusts the CAs that a changed ca_file has, and no longer those that it had", function()
    local file = FOLDER .. "/changing.pem"
    local transport = curl.new { ca_file = file, keepalive = 0 }
    local function send_with(name)
      execute(("cp %s/%s.pem %s"):format(servers.dir, name, file))
      local response, err = transport:send(new_request "https")
      return response and response.status or err.code
    end
    assert.same({ "tls", 200, "tls" }, { send_with "other-ca", send_with "ca", send_with "other-ca" })
  end)

  -- libcurl keeps the file since 7.87. 8.17 and some later versions read the file again for each connection, because the
  -- folder of CAs cannot be unset in them.
  it("a transport reads the system's file of CAs, once if libcurl can keep it, and none of the folder #inspect", function()
    local trace = os.tmpname()
    local output, ok = subprocess.run([[
      local transport = require("kms.transport.curl").new()
      local request = require("spec.helpers.curl_requests").new_request "https"
      for _ = 1, 3 do
        local _, err = transport:send(request)
        assert(err.code == "tls", tostring(err))
      end
      assert(transport:stats().connections == 3)]], SERVER_VARIABLES, "strace -f -qq -e trace=openat,open -o " .. trace)
    assert.is_true(ok, output)
    local read_count, is_folder_read, is_folder_listed = 0, false, false
    for line in io.lines(trace) do
      is_folder_listed = is_folder_listed or line:find('O_DIRECTORY', 1, true) ~= nil
      if line:find '%.crt"' or line:find '%.pem"' then read_count = read_count + 1 end
      is_folder_read = is_folder_read or line:find '/%x%x%x%x%x%x%x%x%.%d"' ~= nil
    end
    os.remove(trace)
    if read_count == 0 or is_folder_listed then
      pending "the system's CAs of this libcurl are a folder"
      return
    end
    local major, minor = curl.libcurl_version:match "^(%d+)%.(%d+)"
    local version = tonumber(major) * 100 + tonumber(minor)
    local may_read_again = version < 787 or version >= 817
    assert.equal(may_read_again and read_count == 3 and 3 or 1, read_count)
    assert.is_false(is_folder_read)
  end)

  it("a transport authenticates with client_cert, client_key and client_key_password", function()
    local options = { client_cert = servers.dir .. "/client.pem", client_key = servers.dir .. "/client.key",
      client_key_password = "open sesame" }
    assert.equal("CN=client", new_transport(options):send(new_request "client_certificate").body)
    assert.equal(400, new_transport():send(new_request "client_certificate").status)
    options.client_key_password = "0pen"
    local _, err = new_transport(options):send(new_request "client_certificate")
    assert.same({ "tls", false }, { err.code, err.retryable })
    assert.is_nil((tostring(err) .. err.cause.message):find("0pen", 1, true))
  end)

  it("a key with a password and no client_key_password is an error, and the terminal is not asked for it", function()
    local output, ok = subprocess.run([[
      local curl_requests, servers = require "spec.helpers.curl_requests", require "spec.helpers.test_servers"
      local transport = curl_requests.new_transport { client_cert = servers.dir .. "/client.pem",
        client_key = servers.dir .. "/client.key" }
      local _, err = transport:send(curl_requests.new_request "client_certificate")
      print(err.code, err.retryable)]], SERVER_VARIABLES, "setsid --wait")
    assert.is_true(ok, output)
    assert.equal("tls\tfalse\n", output)
  end)
end)

describe("the descriptors of kms.transport.curl", function()
  it("a program that the host starts does not inherit the sockets of a transport #inspect", function()
    local output, ok = subprocess.run([[
      local curl_requests = require "spec.helpers.curl_requests"
      -- The event loop has descriptors of its own: epoll and an event.
      local function count_anonymous()
        return select(2, io.popen("ls -l /proc/self/fd"):read "*a":gsub("anon_inode", ""))
      end
      local before = count_anonymous()
      local transport = curl_requests.new_transport()
      assert(transport:send(curl_requests.new_request "https"))
      assert(transport:send(curl_requests.new_request "http"))
      assert(count_anonymous() == before)
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
      print(inherited)]], SERVER_VARIABLES)
    assert.is_true(ok, output)
    assert.equal("0\n", output)
  end)

  it("a request fails with the code other if no descriptor is left", function()
    local output, ok = subprocess.run([[
      local curl_requests = require "spec.helpers.curl_requests"
      local request = curl_requests.new_request "https"
      assert(curl_requests.new_transport():send(request)) -- loads what the first request loads
      local files, transport = {}, curl_requests.new_transport()
      repeat files[#files + 1] = io.open "/dev/null" until not io.open "/dev/null"
      local response, err = transport:send(request)
      print(response, err.code, err.uncertain)]], SERVER_VARIABLES, "prlimit --nofile=64:64")
    assert.is_true(ok, output)
    assert.equal("nil\tother\tfalse\n", output)
  end)
end)
