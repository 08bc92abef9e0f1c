--- How text looks on a stream: colours, the width, and the characters that the locale has.

local terminal = require "kms.cli.terminal"

local style = {}

-- Colours of the words for outcomes.
local COLOURS = { done = 32, already = 32, failed = 31, uncertain = 33, stopped = 33 }

local ASCII = { ellipsis = "...", arrow = "->" }
local UTF8 = { ellipsis = "…", arrow = "->" }

local Style = {}
Style.__index = Style

--- Returns a text in the colour of an outcome, or as it is.
---@param outcome string "done", "already", "failed", "uncertain", "stopped"
---@param text string
---@return string
function Style:paint(outcome, text)
  if not self.has_colour or not COLOURS[outcome] then return text end
  return ("\27[%dm%s\27[0m"):format(COLOURS[outcome], text)
end

--- Returns whether the locale of the environment has UTF-8 (POSIX.1-2017, section 8.2).
---@param get fun(name: string): string?
---@return boolean
local function has_utf8(get)
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    local value = get(name)
    if value and value ~= "" then return value:find "[Uu][Tt][Ff]%-?8" ~= nil end
  end
  return false
end

--- Counts the columns that a text takes: its characters. Wide characters count as one.
---@param text string UTF-8
---@return integer
function style.get_length(text)
  local _, continuations = text:gsub("[\128-\191]", "")
  return #text - continuations
end

--- Creates the style of a stream.
---@param descriptor integer 1 or 2
---@param get (fun(name: string): string?)? reads the environment
---@return kms.cli.Style
function style.new(descriptor, get)
  get = get or os.getenv
  local is_terminal = terminal.is_terminal(descriptor)
  local no_colour = get "NO_COLOR"
  local is_plain = no_colour ~= nil and no_colour ~= "" or get "TERM" == "dumb" -- no-color.org
  local is_utf8 = has_utf8(get)
  return setmetatable({
    is_terminal = is_terminal,
    is_utf8 = is_utf8,
    symbols = is_utf8 and UTF8 or ASCII,
    has_colour = is_terminal and not is_plain,
    width = is_terminal and terminal.get_width(descriptor) or nil,
  }, Style)
end

return style
