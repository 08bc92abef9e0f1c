--- kms.cli.result: how the result of an operation is printed.

local cli_context = require "spec.helpers.cli_context"
local result = require "kms.cli.result"

local LIST = { result = { { name = "keys", type = "list", items = { type = "object", fields = { { name = "id", type = "string" } } } } },
  paging = { items = "keys" } }
local OBJECT = { result = { { name = "id", type = "string" }, { name = "state", type = "integer" } } }

local function print_result(entry, object, options)
  local context = cli_context.new(options)
  result.print(context, entry, object)
  return context.get_output()
end

describe("kms.cli.result", function()
  it("prints an object as names with values, as a document, or as a line", function()
    local object = { id = "a", state = 2, request_id = "r" }
    assert.equal("id     a\nstate  2\n", (print_result(OBJECT, object)))
    assert.equal('{\n  "id": "a",\n  "state": 2,\n  "request_id": "r"\n}\n', (print_result(OBJECT, object, { json = true })))
    assert.equal('{"id":"a","state":2,"request_id":"r"}\n', (print_result(OBJECT, object, { jsonl = true })))
  end)

  it("prints a list as a table, or a line per item", function()
    local object = { keys = { { id = "a" }, { id = "b" } }, request_id = "r" }
    assert.equal("ID\na\nb\n", (print_result(LIST, object)))
    assert.equal('{"id":"a"}\n{"id":"b"}\n', (print_result(LIST, object, { jsonl = true })))
  end)

  it("says on standard error that a list is empty", function()
    local out, err = print_result(LIST, { keys = {} })
    assert.equal("", out)
    assert.equal("Nothing found.\n", err)
  end)

  it("prints the request id of a result without members", function()
    assert.equal("request_id  r\n", (print_result({ result = {} }, { request_id = "r" })))
  end)
end)
