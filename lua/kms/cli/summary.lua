--- Prints what a run has done, what failed and why, and what to do next.

local layout = require "kms.cli.layout"
local progress = require "kms.cli.progress"

local summary = {}

local MIN_TEXT = 30 -- columns
local MAX_WORD = 100 -- bytes
local MAX_UNCERTAIN = 50 -- keys that are named; `kms status` names all

---@class kms.cli.SummaryTexts
---@field already string what a key is that was as wanted before: "already there"
---@field headline string? default: "Done"
---@field resume string? the command that continues
---@field undo string? the command that takes back
---@field journal string? path of the journal
---@field has_hints boolean? false: the reason of the stop says more
---@field status string? the command that lists all keys

--- Shortens words that nobody reads, such as the canonical request in a refusal.
local function shorten_words(text)
  return (text:gsub("%S+", function(word)
    if #word <= MAX_WORD then return nil end
    local ending = word:match "[,;.]$" or ""
    return word:sub(1, MAX_WORD / 2) .. "..." .. ending
  end))
end

--- Names the option that finds the right project.
local function name_lookup(text)
  return (text:gsub("project_id (is not a project of the region called[^;]*)",
    "the project %1; --project-id auto looks it up"))
end

--- Converts the names of options in a message of the library to those of the command line. Credentials have none there.
---@param message string
---@param names table<string, string>? options of the command by those of the library, where they differ
---@return string
function summary.name_options(message, names)
  message = name_lookup(tostring(message))
  message = message:gsub("give the option credentials%.[%l_]+ or set", "set")
  return (message:gsub("give the option ([%l_]+)", function(name)
    return "give " .. (names and names[name] or "--" .. name:gsub("_", "-"))
  end))
end

--- Describes a failure: the code of the cloud and the message. The codes of transport errors are in their messages.
---@param err { code: string?, message: string }
---@param is_short boolean? long words are shortened
---@return string
function summary.describe_error(err, is_short)
  local code = err.code and err.code:find "[%u%d]" and err.code .. " " or ""
  local message = summary.name_options(err.message)
  return code .. (is_short and shorten_words(message) or message)
end

--- Formats a hint: the operation that it names is a command here.
---@param hint string
---@return string
function summary.format_hint(hint)
  hint = name_lookup(hint)
  return "hint: " .. hint:gsub("%f[%l]%l+_[%l_]+ returns", function(words) return (words:gsub("_", "-")) end)
end

--- Breaks a text into lines for a terminal. All but the first are set further in.
---@param text string
---@param indent string
---@param width integer? nil: not a terminal
---@return string
function summary.wrap(text, indent, width)
  if not width then return indent .. text end
  local lines = layout.wrap(text, math.max(MIN_TEXT, width - #indent - 4))
  return indent .. table.concat(lines, "\n" .. indent .. "    ")
end

--- Formats the counts: "296 done, 1 already there, 2 failed".
---@param counts kms.bulk.Counts
---@param already string
---@param style kms.cli.Style
---@return string
function summary.format_counts(counts, already, style)
  local parts = {}
  local function add(count, outcome, text)
    if count > 0 then parts[#parts + 1] = style:paint(outcome, ("%d %s"):format(count, text)) end
  end
  add(counts.done, "done", "done")
  add(counts.already - counts.inferred, "already", already)
  add(counts.inferred, "already", already .. " (inferred)")
  add(counts.failed, "failed", "failed")
  add(counts.uncertain, "uncertain", "uncertain")
  add(counts.not_tried, "not_tried", "not tried")
  return parts[1] and table.concat(parts, ", ") or "nothing to do"
end

-- What to say of a stop whose reason is listed below, by code.
local STOP_TEXTS = {
  credentials = "the credentials are missing or refused", forbidden = "access is forbidden",
  unreachable = "there is no response", unavailable = "the service is not available",
}

--- Describes why a run stopped, without the message of a failure that is listed below.
local function describe_stop(result)
  local stop = result.stop
  local message = stop.message
  for _, group in ipairs(result.errors) do
    if group.message == message then return STOP_TEXTS[stop.code] or shorten_words(message) end
    -- Compared from the end, because the beginning is in the words of kms.bulk.
    local ending = ": " .. group.message
    if message:sub(-#ending) == ending then return (message:sub(1, -#ending - 1):gsub("; the last one$", "")) end
  end
  return shorten_words(message)
end

local function format_headline(result, texts, style)
  local counts = summary.format_counts(result, texts.already, style)
  local time = result.seconds and " " .. progress.format_duration(result.seconds) or ""
  if not result.stop then
    return ("%s%s: %s."):format(texts.headline or "Done", time ~= "" and " in" .. time or "", counts)
  end
  local message = describe_stop(result):gsub("%.$", ""):gsub("^(%d+) items ", "%1 keys ")
  local text = summary.wrap(("Stopped%s: %s."):format(time ~= "" and " after" .. time or "", message), "", style.width)
  -- The word is coloured after the line is broken, because colours have no width.
  return style:paint("stopped", "Stopped") .. text:sub(#"Stopped" + 1) .. "\n" .. counts .. "."
end

--- Lists the lines about one distinct error.
local function add_error(lines, group, texts, style)
  local what = summary.describe_error(group, true)
  local label = group.uncertain and ("%d uncertain"):format(group.count) or tostring(group.count)
  local text = summary.wrap(label .. (group.uncertain and ": " or " x ") .. what, "  ", style.width)
  lines[#lines + 1] = "  " .. style:paint(group.uncertain and "uncertain" or "failed", label) .. text:sub(#label + 3)
  local hint = texts.has_hints ~= false and group.hint
  if hint then lines[#lines + 1] = summary.wrap(summary.format_hint(hint), "      ", style.width) end
  local shown = math.min(#group.keys, MAX_UNCERTAIN)
  for i = 1, shown do lines[#lines + 1] = "        " .. group.keys[i] end
  local rest = group.count - shown
  if rest > 0 then
    lines[#lines + 1] = ("        %s %d more%s"):format(style.symbols.ellipsis, rest,
      texts.status and (" (%s names all)"):format(texts.status) or "")
  end
end

-- What mends a failure that a mere repeat does not, by code of Huawei Cloud.
local ADVICE = { ["KMS.0305"] = "project", ["KMS.0321"] = "project", ["KMS.0308"] = "correct" }
local LOOK_UP = " --project-id auto"

--- Finds what mends the failures if all have the same cause, and nothing else has happened.
---@return "project"|"correct"|"repeat"
local function find_advice(result)
  local advice
  for _, group in ipairs(result.errors) do
    local own = ADVICE[group.code] or "repeat"
    if advice and advice ~= own then return "repeat" end
    advice = own
  end
  local is_pure = result.done + result.already + result.uncertain == 0
  return (advice == "project" or is_pure) and advice or "repeat"
end

--- Lists the commands that come next, and where the journal is. They are never broken into lines, so that they can be
--- copied.
local function add_next(lines, result, texts, width)
  local list = {}
  local is_left = result.failed + result.uncertain + result.not_tried > 0
  local advice = texts.resume and is_left and find_advice(result)
  if advice == "correct" then
    lines[#lines + 1] = ""
    lines[#lines + 1] = summary.wrap("Resuming would send the same again. Correct the list or the target, and begin a "
      .. "new run.", "", width)
  elseif advice then
    list[#list + 1] = { "Go on with what is left:", texts.resume .. (advice == "project" and LOOK_UP or "") }
  end
  if texts.undo and result.done + result.uncertain > 0 then list[#list + 1] = { "Take it back:", texts.undo } end
  if texts.journal then list[#list + 1] = { "Record of the run:", texts.journal } end
  if not list[1] then return end
  lines[#lines + 1] = ""
  local format = list[2] and "%-24s  %s" or "%s  %s"
  for _, entry in ipairs(list) do
    local line = format:format(entry[1], entry[2])
    if width and #line > width then line = entry[1] .. "\n  " .. entry[2] end
    lines[#lines + 1] = line
  end
end

--- Formats the summary of a run.
---@param result kms.bulk.Summary|kms.bulk.Status
---@param texts kms.cli.SummaryTexts
---@param style kms.cli.Style
---@return string
function summary.format(result, texts, style)
  local lines = { format_headline(result, texts, style) }
  if result.stop and result.uncertain == 0 then
    local is_changed = result.done + result.already > 0
    lines[#lines] = lines[#lines] .. (is_changed and " No change is uncertain." or " Nothing was changed.")
  end
  if result.errors[1] then lines[#lines + 1] = "" end
  for _, is_uncertain in ipairs { false, true } do
    for _, group in ipairs(result.errors) do
      if (group.uncertain == true) == is_uncertain then add_error(lines, group, texts, style) end
    end
  end
  add_next(lines, result, texts, style.width)
  return table.concat(lines, "\n") .. "\n"
end

return summary
