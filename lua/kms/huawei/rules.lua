--- Rules of values that several operations of Huawei Cloud KMS share.

local rules = {}

-- UpdatePrimaryRegion, table 1: ^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$ (a-z, not only a-f).
local KEY_ID_PATTERN = "^[0-9a-z]+()" .. ("%-[0-9a-z]+()"):rep(3) .. "%-[0-9a-z]+$"

---@type kms.Rule
rules.KEY_ID = {
  text = "36 characters, lower-case letters and digits in groups of 8-4-4-4-12",
  plain = true,
  show_length = true,
  test = function(value)
    local first, second, third, fourth = value:match(KEY_ID_PATTERN)
    return first == 9 and second == 14 and third == 19 and fourth == 24 and #value == 36
  end,
}

return rules
