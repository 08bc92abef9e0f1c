--- Compiles locales for subprocesses, because few systems have more than C.

local files = require "spec.helpers.files"
local subprocess = require "spec.helpers.subprocess"

local locales = {}

-- Compiling takes seconds, so all specs share the result, and the next run too.
local FOLDER = (os.getenv "BUILD" or "build") .. "/locales"

local COMPILE = [[
  exec > /dev/null 2>&1
  mkdir -p "$FOLDER" && cd "$FOLDER" || exit
  [ ! -e all ] || exit 0
  new=$(mktemp -d ./XXXXXX)
  for locale in de_DE.UTF-8 tr_TR.UTF-8 tr_TR.ISO-8859-9; do
    localedef -i "${locale%%.*}" -f "${locale#*.}" "$new/$locale"
  done
  # Renamed when complete, because another process can do the same. Without sources of locales there is nothing to keep.
  [ -e "$new/tr_TR.ISO-8859-9/LC_CTYPE" ] && mv -T "$new" all || rm -r "$new"
]]

--- Returns the environment of a subprocess that can set de_DE.UTF-8, tr_TR.UTF-8 and tr_TR.ISO-8859-9.
---@return table<string, string> variables
---@return boolean is_available false if this system has no sources of locales
function locales.environment()
  os.execute(("FOLDER=%s; (%s)"):format(subprocess.quote(FOLDER), COMPILE))
  local file = io.open(FOLDER .. "/all/tr_TR.UTF-8/LC_CTYPE")
  if file then file:close() end
  local path = files.list_lines("realpath " .. subprocess.quote(FOLDER))[1] .. "/all"
  return { LOCPATH = path }, file ~= nil
end

return locales
