--- Compiles locales for subprocesses, because few systems have more than C.

local locales = {}

local folder

--- Returns the environment of a subprocess that can set de_DE.UTF-8 and tr_TR.UTF-8.
---@return table<string, string> variables
---@return boolean is_available false if this system has no sources of locales
function locales.environment()
  if not folder then
    folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir -p " .. folder)
    for _, name in ipairs { "de_DE", "tr_TR" } do
      os.execute(("localedef -i %s -f UTF-8 %s/%s.UTF-8 > /dev/null 2>&1"):format(name, folder, name))
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
