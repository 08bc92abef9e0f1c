--- kms.cli.attempts: --verbose and --log.

local attempts = require "kms.cli.attempts"
local cli_context = require "spec.helpers.cli_context"
local output = require "kms.cli.output"

local EVENT = { provider = "huawei", operation = "list_keys", attempt = 1, duration = 0.25, status = 429, request_id = "r1", wait = 1,
  error = { code = "APIGW.0308", message = "busy" } }

describe("kms.cli.attempts", function()
  it("describes an attempt in one line", function()
    assert.equal("list-keys attempt 1: HTTP 429 in 0.25 s (APIGW.0308), request id r1, next in 1.0 s", attempts.describe(EVENT))
    assert.equal("get-key tag-1 attempt 2: no response in 1.00 s",
      attempts.describe { operation = "get_key", key = "tag-1", attempt = 2, duration = 1 })
  end)

  it("has no hook unless something is recorded", function()
    assert.is_nil(assert(attempts.open({}, nil)):hook())
  end)

  it("prints attempts with --verbose", function()
    local stream = cli_context.new_stream()
    assert(attempts.open({ verbose = true }, output.new(stream))):hook()(EVENT)
    assert.matches("^kms: list%-keys attempt 1: ", stream:text())
  end)

  it("appends attempts to a file with --log", function()
    local path = os.tmpname()
    for _ = 1, 2 do
      local record = assert(attempts.open { log = path })
      record:hook()(EVENT)
      record:close()
    end
    local file = assert(io.open(path))
    local first, second, rest = file:read "*l", file:read "*l", file:read "*a"
    file:close()
    os.remove(path)
    assert.matches('^{"t":"[%d-]+T[%d:]+Z","provider":"huawei","operation":"list_keys","attempt":1,"status":429,"duration":0.25,', first)
    assert.matches('"request_id":"r1","code":"APIGW.0308","message":"busy","wait":1}$', second)
    assert.equal("", rest)
  end)

  it("says why a log cannot be opened, or is not complete", function()
    local record, problem = attempts.open { log = "/no/such/folder/log" }
    assert.is_nil(record)
    assert.matches("^option %-%-log: /no/such/folder/log: ", problem)
    record = assert(attempts.open { log = "/dev/full" })
    record:add(EVENT)
    assert.matches("No space left", record.failure)
  end)
end)
