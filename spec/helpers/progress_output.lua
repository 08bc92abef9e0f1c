--- The output of busted: one line per file, so that a log shows progress, and then the counts and the failures.

local NAMES = { { "success", "passed" }, { "failure", "failed" }, { "error", "failed with an error" }, { "pending", "skipped" } }

return function(options)
  local busted = require "busted"
  options.deferPrint = true -- no character per test
  local handler = require "busted.outputHandlers.plainTerminal"(options)
  local counts, start

  busted.subscribe({ "file", "start" }, function()
    counts, start = {}, busted.monotime()
    return nil, true
  end)

  busted.subscribe({ "test", "end" }, function(_, _, status)
    counts[status] = (counts[status] or 0) + 1
    return nil, true
  end)

  busted.subscribe({ "file", "end" }, function(file)
    local parts = {}
    for _, row in ipairs(NAMES) do
      if counts[row[1]] then parts[#parts + 1] = ("%d %s"):format(counts[row[1]], row[2]) end
    end
    -- A file without a selected test has no line.
    if #parts > 0 then
      io.write(("%s: %s, %.1f s\n"):format(file.name, table.concat(parts, ", "), busted.monotime() - start))
      io.flush()
    end
    return nil, true
  end)

  return handler
end
