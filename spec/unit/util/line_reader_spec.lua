local line_reader = require "kms.util.line_reader"

--- Reads all lines of a text that a file returns in pieces of `size` bytes.
local function read(text, size)
  local position = 1
  local next_line = line_reader { read = function(_, count)
    local piece = text:sub(position, position + math.min(size or count, count) - 1)
    position = position + #piece
    return piece ~= "" and piece or nil
  end }
  local lines = {}
  for line in next_line do lines[#lines + 1] = line end
  return lines
end

describe("kms.util.line_reader", function()
  it("returns the lines of a text in pieces of any size", function()
    for size = 1, 12 do
      assert.same({ "a", "", "bcd\r", "e" }, read("a\n\nbcd\r\ne", size))
      assert.same({ "a" }, read("a\n", size))
      assert.same({}, read("", size))
    end
    assert.same({ ("x"):rep(200000), "y" }, read(("x"):rep(200000) .. "\ny"))
  end)

  it("keeps a NUL within a line", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write "a\0b\n\0\n"
    file:close()
    file = assert(io.open(path, "rb"))
    local next_line = line_reader(file)
    assert.same({ "a\0b", "\0" }, { next_line(), next_line(), next_line() })
    file:close()
    os.remove(path)
  end)

  it("raises the reason why a file cannot be read", function()
    assert.has_error(line_reader { read = function() return nil, "Is a directory", 21 end }, "Is a directory")
  end)
end)
