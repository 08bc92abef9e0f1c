--- Shows how far a run is: one line that is drawn again and again on a terminal, elsewhere a line every few seconds.

local progress = {}

local DRAW_INTERVAL = 0.1 -- seconds between two drawings on a terminal
local PLAIN_INTERVAL = 5 -- seconds between two plain lines
local WINDOW = 5 -- seconds over which the rate is measured
local MIN_BAR, MAX_BAR = 10, 60 -- columns
local WIDE = 70 -- columns from which the parts are set further apart
local FREE = 3 -- columns
local CLEAR = "\r\27[K" -- to the first column; erase to the end of the line (ECMA-48, EL)

--- Formats a duration for people.
---@param seconds number
---@return string
function progress.format_duration(seconds)
  if seconds < 10 then return ("%.1f s"):format(seconds) end
  local whole = math.floor(seconds + 0.5)
  if whole < 60 then return ("%d s"):format(whole) end
  if whole < 3600 then return ("%d min %d s"):format(math.floor(whole / 60), whole % 60) end
  return ("%d h %d min"):format(math.floor(whole / 3600), math.floor(whole % 3600 / 60))
end

local function format_left(seconds)
  if not seconds then return nil end
  return progress.format_duration(math.max(1, math.ceil(seconds))):gsub("%.0 s$", " s") .. " left"
end

---@class kms.cli.ProgressState
---@field total integer items
---@field ended integer items with an outcome
---@field failed integer
---@field uncertain integer
---@field retries integer requests that are repeated, throttled ones too
---@field rate number? items per second; nil: not known yet

--- Lists the parts of the line, the most important ones first.
local function list_parts(state)
  local rate = state.rate
  local left = rate and rate > 0 and (state.total - state.ended) / rate or nil
  local width = #tostring(state.total)
  local parts = {
    { order = 1, text = ("%" .. width .. "d/%d"):format(state.ended, state.total) },
    { order = 6, text = format_left(left) },
    { order = 3, text = ("%d failed"):format(state.failed) },
    { order = 4, text = state.uncertain > 0 and ("%d uncertain"):format(state.uncertain) or nil },
    { order = 2, text = rate and ("%4.1f/s"):format(rate) or nil },
    { order = 5, text = ("%d retries"):format(state.retries) },
  }
  local present = {}
  for _, part in ipairs(parts) do
    if part.text then present[#present + 1] = part end
  end
  return present
end

local function draw_bar(columns, state)
  local inner = columns - 2
  local full = state.total > 0 and math.floor(inner * state.ended / state.total) or inner
  return "[" .. ("#"):rep(full) .. ("-"):rep(inner - full) .. "]"
end

--- Formats the line for a terminal. It leaves columns free, so that the terminal does not begin a new line when it
--- prints ^C.
---@param state kms.cli.ProgressState
---@param width integer columns
---@return string
function progress.format_line(state, width)
  local gap = width >= WIDE and "   " or "  "
  local room, chosen = width - FREE - 2, {}
  for _, part in ipairs(list_parts(state)) do
    if #part.text > room then break end
    chosen[#chosen + 1] = part
    room = room - #part.text - #gap
  end
  table.sort(chosen, function(a, b) return a.order < b.order end)
  local texts = {}
  if room >= MIN_BAR then texts[1] = draw_bar(math.min(room, MAX_BAR), state) end
  for _, part in ipairs(chosen) do texts[#texts + 1] = part.text end
  return "  " .. table.concat(texts, gap)
end

--- Formats the line for a log.
---@param state kms.cli.ProgressState
---@return string
function progress.format_plain(state)
  local parts = list_parts(state)
  table.sort(parts, function(a, b) return a.order < b.order end)
  local texts = {}
  for i, part in ipairs(parts) do texts[i] = part.text:match "^%s*(.*)$" end
  texts[1] = ("%d of %d"):format(state.ended, state.total)
  return table.concat(texts, ", ")
end

---@class kms.cli.Progress
---@field output kms.cli.Output standard error
---@field is_terminal boolean
---@field get_width fun(): integer the terminal may change its size
---@field total integer items
---@field is_shown boolean the line is on the screen
---@field samples { [1]: number, [2]: integer }[] time and ended items
local Progress = {}
Progress.__index = Progress

--- Measures the rate of the last seconds.
local function measure_rate(self, now, ended)
  local samples = self.samples
  local last = samples[#samples]
  if not last or now - last[1] >= DRAW_INTERVAL then samples[#samples + 1] = { now, ended } end
  while samples[2] and now - samples[2][1] >= WINDOW do table.remove(samples, 1) end
  local first = samples[1]
  if now - first[1] < 1 then return nil end
  return (ended - first[2]) / (now - first[1])
end

--- Shows a state, unless the last one is too recent.
---@param event kms.bulk.Progress
function Progress:update(event)
  local now, counts = event.seconds, event.counts
  local ended = counts.done + counts.already + counts.failed + counts.uncertain
  local rate = measure_rate(self, now, ended)
  self.shown_at = self.shown_at or (self.is_terminal and -math.huge or now)
  if now - self.shown_at < (self.is_terminal and DRAW_INTERVAL or PLAIN_INTERVAL) then return end
  self.shown_at = now
  local state = { total = self.total, ended = ended, failed = counts.failed, uncertain = counts.uncertain,
    retries = event.retries + event.throttled, rate = rate }
  if self.is_terminal then
    self.output:write(CLEAR, progress.format_line(state, self.get_width()))
    self.is_shown = true
  else
    self.output:write(progress.format_plain(state), "\n")
  end
  self.output:flush()
end

--- Takes the line away, so that something else can be printed.
function Progress:clear()
  if not self.is_shown then return end
  self.output:write(CLEAR)
  self.output:flush()
  self.is_shown, self.shown_at = false, -math.huge
end

---@param fields { output: kms.cli.Output, is_terminal: boolean, get_width: (fun(): integer), total: integer }
---@return kms.cli.Progress
function progress.new(fields)
  return setmetatable({ output = fields.output, is_terminal = fields.is_terminal, get_width = fields.get_width,
    total = fields.total, is_shown = false, shown_at = nil, samples = {} }, Progress)
end

return progress
