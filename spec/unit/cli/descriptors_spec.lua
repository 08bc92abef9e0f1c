--- kms.cli.descriptors: closed standard streams.

local subprocess = require "spec.helpers.subprocess"

describe("kms.cli.descriptors", function()
  it("keeps what is opened later away from a closed standard output, to which writes fail", function()
    local program = [[
      require "kms.cli.descriptors"
      local path = os.tmpname()
      local file = io.open(path, "w")
      io.stdout:setvbuf "no"
      local ok = io.stdout:write "result"
      file:close()
      file = io.open(path)
      io.stderr:write(tostring(ok), " ", file:read "*a", "\n")
      os.remove(path)
    ]]
    local command = ("sh -c '%s -e \"$PROGRAM\" >&-'"):format(subprocess.lua)
    assert.equal("nil \n", (subprocess.execute(command, { PROGRAM = program })))
  end)
end)
