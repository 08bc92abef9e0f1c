--- tools/emulator/serve: its start and its end, the variables that it writes, and programs in other languages that use them.

local emulated = require "spec.helpers.emulator_client"
local emulator_server = require "spec.helpers.emulator_server"
local subprocess = require "spec.helpers.subprocess"

local PORT, DIR, KEY, TAG = emulator_server.PORT, emulator_server.DIR, emulator_server.KEY, emulator_server.TAG

describe("the file env of the emulator's server", function()
  it("the file env sets the variables of a client", function()
    local lines = {}
    for line in io.lines(DIR .. "/env") do
      local name, value = line:match "^export ([A-Z0-9_]+)='([^']*)'$"
      assert.truthy(name, line)
      lines[name] = value
    end
    local huawei, ncloud = emulated.accounts.huawei, emulated.accounts.ncloud
    assert.same({
      HUAWEICLOUD_SDK_AK = huawei.access_key,
      HUAWEICLOUD_SDK_SK = huawei.secret_key,
      HUAWEICLOUD_SDK_PROJECT_ID = huawei.projects["cn-north-4"],
      HUAWEICLOUD_SDK_REGION = "cn-north-4",
      HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 = "https://localhost:" .. PORT,
      HUAWEICLOUD_SDK_REGION_KMS_CN_EAST_3 = "https://localhost:" .. PORT + 1,
      NCLOUD_ACCESS_KEY = ncloud.access_key,
      NCLOUD_SECRET_KEY = ncloud.secret_key,
      NCLOUD_KMS_ENDPOINT = "https://localhost:" .. PORT + 2,
      HUAWEICLOUD_SDK_IAM_ENDPOINT = "https://localhost:" .. PORT + 4,
      NCLOUD_METADATA_API_ENDPOINT = "http://127.0.0.1:" .. PORT + 5,
      HC_CONTAINER_CREDENTIALS_FULL_URI = "http://127.0.0.1:" .. PORT + 5 .. "/v1/credentials",
      HC_CONTAINER_AUTHORIZATION_TOKEN_FILE = DIR .. "/pod_token",
      KMS_CA_FILE = DIR .. "/ca.pem",
      KMS_EMULATOR_CONTROL = ("http://localhost:%d/_emulator"):format(PORT + 3),
      KMS_EMULATOR_TOKEN = emulated.token,
      KMS_EMULATOR_OTHER_PROJECT_ID = huawei.projects["cn-east-3"],
      KMS_EMULATOR_KEY_ID = KEY,
      KMS_EMULATOR_MORE_KEY_IDS = "5259bbf5-3c7c-42e1-8802-4d90a9c9f8c4 636accf6-4d8d-43f2-9913-5ea1badad9d5 "
        .. "747bdd07-5e9e-4403-aa24-6fb2cbebeae6",
      KMS_EMULATOR_KEY_TAG = TAG,
      KMS_EMULATOR_METADATA_ENDPOINT = "http://127.0.0.1:" .. PORT + 5,
      KMS_EMULATOR_USER = huawei.user.name,
      KMS_EMULATOR_PASSWORD = huawei.user.password,
      KMS_EMULATOR_DOMAIN = huawei.user.domain,
      KMS_EMULATOR_IDP_ID = huawei.idp.id,
      KMS_EMULATOR_ID_TOKEN_FILE = DIR .. "/id_token",
    }, lines)
    -- The variables are all that a client of either cloud needs, and an in-process emulator works beside them.
    local program = [[
      local kms, emulator = require "kms", require "kms.emulator"
      local function call(huawei_options, ncloud_options)
        local huawei, ncloud = kms.huawei(huawei_options), kms.ncloud(ncloud_options)
        print(huawei:update_primary_region { key_id = os.getenv "KMS_EMULATOR_KEY_ID", primary_region = "cn-east-3" })
        print(ncloud:get_key { key_tag = os.getenv "KMS_EMULATOR_KEY_TAG" })
      end
      call()
      local cloud = emulator.new()
      call({ transport = cloud }, { transport = cloud })
      print(cloud:requests "huawei", cloud:requests "ncloud")
      local _, err = kms.ncloud({ transport = { ca_file = "/dev/null" } }):get_key { key_tag = "t" }
      print(err and err.code)
    ]]
    emulated.reset()
    local output = subprocess.run(program, lines)
    assert.truthy(output:find "^table: %S+\ntable: %S+\ntable: %S+\ntable: %S+\n1\t1\n", output)
    assert.falsy(output:find("\nnil\n", 1, true), output) -- the option replaces the variable
    emulated.reset()
    for name, text in pairs { pod_token = huawei.pod_token, id_token = huawei.idp.id_token } do
      assert.equal(text, io.lines(DIR .. "/" .. name)())
    end
  end)
end)

describe("the programs in other languages in docs/testing-with-the-emulator.md", function()
  local markdown = require "spec.helpers.markdown"
  local MODULES = (os.getenv "BUILD" or "build") .. "/reference_sdk/node_modules"

  before_each(emulated.reset)

  local function find_program(language)
    for _, block in ipairs(markdown.read("docs/testing-with-the-emulator.md").blocks) do
      if block.info == language then return block.text end
    end
    error("no program in " .. language)
  end

  local function run(script)
    local pipe = io.popen(("exec 2>&1\n. '%s/env'\n%s"):format(DIR, script))
    local output = pipe:read "*a"
    pipe:close()
    return output
  end

  it("the program for curl moves a key with a token", function()
    local program, count = find_program("sh"):gsub("%. build/emulator/env\n", "")
    assert.equal(1, count)
    local output = run((program:gsub("curl ", "curl -s ", 1)))
    assert.truthy(output:find('{"key_id":"' .. KEY .. '","primary_region":"cn-east-3"}', 1, true), output)
    assert.equal("cn-east-3", emulated.state().keys[KEY].primary)
  end)

  it("the program for Node.js moves a key with a signature #sdk", function()
    local has_sdk = os.execute("node --version > /dev/null 2>&1 && test -d " .. MODULES .. "/@huaweicloud/huaweicloud-sdk-core")
    if has_sdk ~= true and has_sdk ~= 0 then return pending("the SDK is not installed") end
    local path = DIR .. "/example.js"
    local file = assert(io.open(path, "w"))
    file:write(find_program "js")
    file:close()
    local output = run(([[mkdir -p "%s/home"; HOME="%s/home" NODE_EXTRA_CA_CERTS="$KMS_CA_FILE" NODE_PATH="$(realpath %s)" \
      NODE_OPTIONS=--dns-result-order=ipv4first node %s]]):format(DIR, DIR, MODULES, path))
    assert.truthy(output:find "cn%-east%-3\n$", output)
    assert.equal("cn-east-3", emulated.state().keys[KEY].primary)
  end)
end)

describe("tools/emulator/serve", function()
  local function run(script)
    local pipe = io.popen("exec 2>&1; unset LUA; dir=" .. DIR .. "-second port=" .. PORT + 10 .. "\n" .. script)
    local output = pipe:read "*a"
    pipe:close()
    return output
  end

  it("tools/emulator/serve prints its addresses and the lines to paste, and TERM stops it completely", function()
    local output = run [[
      tools/emulator/serve "$dir" $port > "$dir.out" 2>&1 &
      server=$!
      for i in $(seq 200); do grep -q "The last line" "$dir.out" && break; sleep 0.05; done
      pid=$(cat "$dir/nginx.pid")
      cat "$dir.out"
      kill -TERM $server
      wait $server
      echo "status $?"
      kill -0 $pid 2>/dev/null && echo "nginx runs"
      [ -e "$dir/ready" ] && echo "ready exists"
      rm -rf "$dir" "$dir.out"
    ]]
    for _, text in ipairs {
      "Huawei Cloud KMS, cn-north-4", "NAVER Cloud KMS", "Huawei Cloud IAM", "metadata", "ca.pem",
      '\n  eval "$(make -s env)"\n  . ' .. DIR:gsub("^.*/build/", "build/") .. "-second/env\n",
    } do
      assert.truthy(output:find(text, 1, true), output)
    end
    assert.truthy(output:find "\nstatus 0\n$", output)
  end)

  it("tools/emulator/serve refuses a port in use", function()
    local output = run('tools/emulator/serve "$dir" ' .. PORT .. '; echo "status $?"; rm -rf "$dir"')
    assert.truthy(output:find("port " .. PORT .. " is in use", 1, true), output)
    assert.truthy(output:find "status 1\n$", output)
  end)

  it("tools/emulator/serve refuses a port that is not a number, such as an address", function()
    assert.equal('tools/emulator/serve: PORT must be a number; got "0.0.0.0:1"\nstatus 2\n',
      run 'tools/emulator/serve "$dir" 0.0.0.0:1; echo "status $?"')
  end)

  it("tools/emulator/serve takes accounts and keys from a seed", function()
    local output = run [[
      tools/emulator/serve "$dir" $port examples/emulator/seed.json > "$dir.out" 2>&1 &
      server=$!
      for i in $(seq 200); do grep -q "The last line" "$dir.out" && break; sleep 0.05; done
      . "$dir/env"
      echo "variables $HUAWEICLOUD_SDK_AK $NCLOUD_ACCESS_KEY $KMS_EMULATOR_KEY_ID $KMS_EMULATOR_KEY_TAG ${KMS_EMULATOR_USER-none}"
      curl -s --cacert "$KMS_CA_FILE" -H "X-Auth-Token: seed-token" -H "Content-Type: application/json" \
        "$HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4/v1.0/$HUAWEICLOUD_SDK_PROJECT_ID/kms/describe-key" \
        -d "{\"key_id\": \"$KMS_EMULATOR_KEY_ID\"}"
      kill -TERM $server
      wait $server
      rm -rf "$dir" "$dir.out"
    ]]
    assert.truthy(output:find("variables SEEDHUAWEI SEEDNCLOUD aaaaaaaa-0000-4000-8000-000000000001 seed-tag-1 none\n", 1, true),
      output)
    assert.truthy(output:find('"key_alias":"orders"', 1, true), output)
  end)

  for _, case in ipairs {
    { "a seed that is not JSON", "{", "the seed is not a JSON object" },
    { "a seed with a mistake", '{"keys":[{"provider":"ncloud","key_tag":"t"}]}',
      "option 'seed': option 'keys', entry 1: field 'key_name' is missing" },
  } do
    it("tools/emulator/serve refuses " .. case[1], function()
      local output = run(("echo '%s' > \"$dir.json\"; tools/emulator/serve \"$dir\" $port \"$dir.json\"; echo \"status $?\"; "
        .. "rm -rf \"$dir\" \"$dir.json\""):format(case[2]))
      assert.truthy(output:find(case[3], 1, true), output)
      assert.truthy(output:find "status 1\n$", output)
    end)
  end

  it("tools/emulator/serve refuses a seed that does not exist", function()
    local output = run 'tools/emulator/serve "$dir" $port "$dir.none"; echo "status $?"; rm -rf "$dir"'
    assert.truthy(output:find "No such file", output)
    assert.truthy(output:find "status 1\n$", output)
  end)

  it("tools/emulator/serve prints its usage", function()
    assert.equal("usage: tools/emulator/serve DIR PORT [SEED]\nstatus 2\n", run 'tools/emulator/serve; echo "status $?"')
  end)
end)
