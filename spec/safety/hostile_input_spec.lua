--- Input from outside is parsed in linear time, so that no input keeps an NGINX worker busy. In quadratic time each row
--- would take a minute or more.

local ascii = require "kms.util.ascii"
local http1 = require "kms.http1"
local ini = require "kms.credentials.ini"
local service = require "kms.credentials.service"
local redact = require "kms.util.redact"

local MAX_CPU_SECONDS = 5

local function parse_response(text)
  return function()
    local is_complete, response_or_code = http1.parser("GET", 1000):feed(text)
    return is_complete and response_or_code.status or response_or_code
  end
end

local BLANK, OK = (" "):rep(250000), "HTTP/1.1 200 OK\r\n"

-- One row per input: its name, a function that parses it, and the expected result.
local ROWS = {
  { "white space in a header", parse_response(OK .. "X: a" .. BLANK .. "b\r\nContent-Length: 0\r\n\r\n"), 200 },
  { "a header of white space", parse_response(OK .. "X: " .. BLANK .. "\r\nContent-Length: 0\r\n\r\n"), 200 },
  { "white space in a length", parse_response(OK .. "Content-Length: 1" .. BLANK .. "b\r\n\r\n"), "other" },
  { "many lengths", parse_response(OK .. "Content-Length: " .. ("0,"):rep(100000) .. "0\r\n\r\n"), 200 },
  { "many headers", parse_response(OK .. ("a:\r\n"):rep(60000) .. "Content-Length: 0\r\n\r\n"), 200 },
  { "white space in a profile", function()
    return #ini.parse((("a" .. BLANK:sub(1, 16000) .. "=b\n"):rep(100)))
  end, 100 },
  { "white space in a section's name", function()
    return #ini.parse((("[a" .. BLANK:sub(1, 16000) .. "b]\nc=d\n"):rep(100)))
  end, 100 },
  { "white space in a token", function() return #ascii.trim("a" .. BLANK .. "b") end, 250002 },
  { "a token of white space", function() return #ascii.trim(BLANK) end, 0 },
  { "a time without end", function() return service.parse_time(("T"):rep(250000) .. "+1") end, nil },
  { "backslashes in a text with secrets", function() return #redact.text(("\\"):rep(250000), { "\\a", '"a' }, 250000) end,
    250000 },
  { "percent signs in a text with secrets", function() return #redact.text("%" .. ("25"):rep(125000), { "%a" }, 250001) end,
    250001 },
  { "the beginning of a secret", function() return #redact.text(("%41"):rep(80000), { "AAAB" }, 240000) end, 240000 },
}

describe("hostile input #gc", function()
  for _, row in ipairs(ROWS) do
    it(("is parsed in bounded time: %s"):format(row[1]), function()
      local start = os.clock()
      assert.equal(row[3], (row[2]()))
      assert.is_true(os.clock() - start < MAX_CPU_SECONDS)
    end)
  end
end)
