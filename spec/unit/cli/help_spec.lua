--- kms.cli.help: the help of a command.

local help = require "kms.cli.help"

local command = {
  name = "inner", about = "Does something that takes a long sentence to say, longer than a narrow terminal is.",
  arguments = { { name = "FILE", about = "file with ids" } },
  options = { { title = "Options", { name = "--to", value = "REGION", about = "the new region", is_required = true },
    { name = "--rate", short = "-r", value = "N", about = "requests per second at most", choices = { "1", "2" } } } },
  examples = { { "kms inner keys.txt", "does it" } }, notes = { "A note." }, ending = "The end.",
}

describe("kms.cli.help", function()
  it("shows usage, arguments, options, examples and notes", function()
    assert.equal([[
Does something that takes a long sentence to say, longer than a narrow terminal is.

Usage: kms inner FILE --to REGION [OPTIONS]

Arguments
  FILE  file with ids

Options
  --to REGION   the new region; required
  -r, --rate N  requests per second at most; one of 1, 2

Examples
  # does it
  kms inner keys.txt

Notes
  - A note.

The end.
]], help.format(command, "kms inner", 100))
  end)

  it("fits in a narrow terminal", function()
    for line in help.format(command, "kms inner", 40):gmatch "[^\n]+" do assert.is_true(#line <= 40, line) end
  end)
end)
