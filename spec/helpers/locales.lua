--- Compiles locales for subprocesses, because few systems have more than C.

local locales = {}

local folder

--- Returns the environment of a subprocess that can set de_DE.UTF-8, tr_TR.UTF-8 and tr_TR.ISO-8859-9.
---@return table<string, string> variables
---@return boolean is_available false if this system has no sources of locales
function locales.environment()
  if not folder then
    folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir -p " .. folder)
    for name, charset in ("de_DE UTF-8 tr_TR UTF-8 tr_TR ISO-8859-9"):gmatch "(%S+) (%S+)" do
      os.execute(("localedef -i %s -f %s %s/%s.%s > /dev/null 2>&1"):format(name, charset, folder, name, charset))
    end
  end
  local file = io.open(folder .. "/tr_TR.UTF-8/LC_CTYPE")
  if file then file:close() end
  return { LOCPATH = folder }, file ~= nil
end

--- Removes the locales.
function locales.remove()
  if folder then os.execute("rm -rf " .. folder) end
  folder = nil
end

return locales
