--- What others send is read in time that grows with its length: no input keeps an NGINX worker busy. Each row, read in
--- time that grows with the square of its length, would take a minute or more of this process.

local http1 = require "kms.http1"
local ini = require "kms.credentials.ini"
local service = require "kms.credentials.service"
local redact = require "kms.util.redact"
local trim = require "kms.util.trim"

local SECONDS = 5 -- of the processor

local function answer(text)
  return function()
    local sent
    local result = http1.read(function()
      if sent then return nil, "end" end
      sent = true
      return text
    end, "GET", 1000)
    return result.response and result.response.status or result.failure.code
  end
end

local BLANK, OK = (" "):rep(250000), "HTTP/1.1 200 OK\r\n"

local ROWS = {
  { "white space in a header", answer(OK .. "X: a" .. BLANK .. "b\r\nContent-Length: 0\r\n\r\n"), 200 },
  { "a header of white space", answer(OK .. "X: " .. BLANK .. "\r\nContent-Length: 0\r\n\r\n"), 200 },
  { "white space in a length", answer(OK .. "Content-Length: 1" .. BLANK .. "b\r\n\r\n"), "other" },
  { "many lengths", answer(OK .. "Content-Length: " .. ("0,"):rep(100000) .. "0\r\n\r\n"), 200 },
  { "many headers", answer(OK .. ("a:\r\n"):rep(60000) .. "Content-Length: 0\r\n\r\n"), 200 },
  { "white space in a profile", function()
    return #ini.parse((("a" .. BLANK:sub(1, 16000) .. "=b\n"):rep(100)))
  end, 100 },
  { "white space in a section's name", function()
    return #ini.parse((("[a" .. BLANK:sub(1, 16000) .. "b]\nc=d\n"):rep(100)))
  end, 100 },
  { "white space in a token", function() return #trim("a" .. BLANK .. "b") end, 250002 },
  { "a token of white space", function() return #trim(BLANK) end, 0 },
  { "a moment without end", function() return service.parse_time(("T"):rep(250000) .. "+1") end, nil },
  { "backslashes in a text with secrets", function() return #redact.text(("\\"):rep(250000), { "\\a", '"a' }) end, 250000 },
  { "percent signs in a text with secrets", function() return #redact.text("%" .. ("25"):rep(125000), { "%a" }) end, 250001 },
  { "the beginning of a secret", function() return #redact.text(("%41"):rep(80000), { "AAAB" }) end, 240000 },
}

describe("hostile input #gc", function()
  for _, row in ipairs(ROWS) do
    it(("is read in bounded time: %s"):format(row[1]), function()
      local began = os.clock()
      assert.equal(row[3], (row[2]()))
      assert.is_true(os.clock() - began < SECONDS)
    end)
  end
end)
