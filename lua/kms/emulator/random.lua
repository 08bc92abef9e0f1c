--- Random numbers that follow from a seed, and are the same on every Lua. Nothing secret may depend on them.

local random = {}

-- The minimal standard generator (Park and Miller, 1988). Its products are below 2^53, so doubles hold them.
local MODULUS, MULTIPLIER = 2 ^ 31 - 1, 16807

--- Creates a generator: a plain table, so that it can be saved.
---@param seed integer
---@return { value: number } generator
function random.new(seed)
  local generator = { value = seed % (MODULUS - 1) + 1 }
  -- The first numbers of seeds that are close to each other are close too.
  for _ = 1, 8 do random.next(generator) end
  return generator
end

--- Returns the next number.
---@param generator { value: number }
---@return number number from 0 to below 1
function random.next(generator)
  generator.value = generator.value * MULTIPLIER % MODULUS
  return (generator.value - 1) / (MODULUS - 1)
end

--- Returns a member of a list.
---@generic T
---@param generator { value: number }
---@param list T[]
---@return T
function random.choose(generator, list) return list[math.floor(random.next(generator) * #list) + 1] end

return random
