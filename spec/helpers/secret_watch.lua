--- Watches every error that a client of this process gives, in whichever spec: a secret in it is an error of its own.
--- For busted: --helper=spec/helpers/secret_watch.lua

local call = require "kms.call"
local no_secrets = require "spec.helpers.no_secrets"

local SHORTEST = 8 -- bytes: shorter ones are no secrets but placeholders, and stand in any text

-- Fields of credentials, headers of a request, and what of each is secret.
local SECRET = { secret_key = "^.+$", security_token = "^.+$", token = "^.+$",
  Authorization = "Signature=(%x+)", ["x-ncp-apigw-signature-v2"] = "^.+$" }

--- Adds what is secret in a table to a list.
local function note(list, fields)
  for name, value in pairs(fields or {}) do
    local secret = SECRET[name] and value:match(SECRET[name])
    if secret and #secret >= SHORTEST then list[#list + 1] = secret end
  end
end

--- An object like another one, of which one function's first value is noted.
local function noting(object, name, list)
  local watched = {}
  watched[name] = function(first, ...)
    local value, err, more = object[name](first == watched and object or first, ...)
    note(list, value)
    return value, err, more
  end
  return setmetatable(watched, { __index = object, __newindex = object })
end

local run, reject = call.run, call.reject

function call.run(self, ...)
  local secrets = {}
  local watched = setmetatable({
    credential_provider = noting(self.credential_provider, "get", secrets),
    provider = noting(self.provider, "authenticate", secrets),
  }, { __index = self, __newindex = self })
  local result, err = run(watched, ...)
  if err then no_secrets.check(err, secrets) end
  return result, err
end

function call.reject(self, ...)
  local secrets = {}
  local result, err = reject(self, ...)
  note(secrets, self.options and self.options.credentials)
  no_secrets.check(err, secrets)
  return result, err
end
