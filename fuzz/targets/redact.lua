--- Redaction removes every secret, at any position and in any encoding, and takes no longer for a larger text.
-- Input: fields of fuzz/support.lua, which are planted with secrets and then joined to one text.

package.path = "fuzz/?.lua;" .. package.path
local redact = require "kms.util.redact"
local support = require "support"

local NAMES = { "secret_key", "security_token", "token" }
local MEGABYTE = 2 ^ 20
local MAX_SECONDS = 0.25 -- for 1 MiB, also under a sanitizer; quadratic code takes some seconds

--- Raises an error if a text of 1 MiB that repeats `piece` takes long, with a secret that begins like it.
local function assert_bounded(piece, secrets)
  local text = piece:rep(math.ceil(MEGABYTE / #piece))
  local token = text:sub(1, 8191) .. "~"
  local start = os.clock()
  redact.line(text, { token, secrets[1] })
  redact.excerpt(text, { token, secrets[1] })
  local seconds = os.clock() - start
  if seconds > MAX_SECONDS then error(("%.2f s for a text that repeats %q"):format(seconds, piece), 0) end
end

return function(input)
  local secrets = {}
  for i, name in ipairs(NAMES) do secrets[i] = support.SECRETS[name] end
  local pieces = support.fields(input)
  for i, piece in ipairs(pieces) do pieces[i] = support.plant(piece, secrets[i % #secrets + 1]) end
  local text = table.concat(pieces)
  support.assert_clean(redact.text(text, secrets), secrets)
  support.assert_clean(redact.excerpt(text, secrets), secrets)
  support.assert_clean(redact.line(text, secrets, 100), secrets)
  if #text > 0 and #text % 8 == 0 then assert_bounded(text, secrets) end -- slow, so not for every input
end
