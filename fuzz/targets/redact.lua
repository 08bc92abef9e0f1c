--- Redaction removes every secret, at any position and in any encoding.
-- Input: fields of fuzz/support.lua, which are planted with secrets and then joined to one text.

package.path = "fuzz/?.lua;" .. package.path
local redact = require "kms.util.redact"
local support = require "support"

local NAMES = { "secret_key", "security_token", "token" }

return function(input)
  local secrets = {}
  for i, name in ipairs(NAMES) do secrets[i] = support.SECRETS[name] end
  local pieces = support.fields(input)
  for i, piece in ipairs(pieces) do pieces[i] = support.plant(piece, secrets[i % #secrets + 1]) end
  local text = table.concat(pieces)
  support.assert_clean(redact.text(text, secrets), secrets)
  support.assert_clean(redact.json(text, secrets), secrets)
  support.assert_clean(redact.excerpt(text, secrets), secrets)
  support.assert_clean(redact.to_line(redact.text(text, secrets), 100), secrets)
end
