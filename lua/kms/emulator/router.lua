--- Finds the operation that a request is for.

local http = require "kms.emulator.http"

local router = {}
router.__index = router

-- A node of the tree of path segments. `literals` holds the next nodes by segment, `placeholder` the next node for any
-- other segment, `routes` by method the routes that end here.
local function new_node() return { literals = {}, routes = {} } end

local function add_route(root, route, operation)
  local method, path = route:match "^(%u+) /(%S*)$"
  local node, placeholders = root, {}
  for i, segment in ipairs(http.split(path, "/")) do
    local name = segment:match "^{(.*)}$"
    if name then
      placeholders[name] = i
      node.placeholder = node.placeholder or new_node()
      node = node.placeholder
    else
      node.literals[segment] = node.literals[segment] or new_node()
      node = node.literals[segment]
    end
  end
  assert(not node.routes[method], route)
  node.routes[method] = { operation = operation, placeholders = placeholders }
end

--- Creates a router.
---@param operations table<string, kms.EmulatorOperation>
function router.new(operations)
  local self = setmetatable({ root = new_node() }, router)
  for _, operation in pairs(operations) do
    local routes = operation.route
    for _, route in ipairs(type(routes) == "table" and routes or { routes }) do
      add_route(self.root, route, operation)
    end
  end
  return self
end

-- A literal segment has precedence over a placeholder.
local function find_node(node, segments, i)
  local segment = segments[i]
  if not segment then return next(node.routes) and node end
  local literal = node.literals[segment]
  return literal and find_node(literal, segments, i + 1)
    or node.placeholder and find_node(node.placeholder, segments, i + 1)
end

--- Finds the operation of a request.
---@param request table
---@return kms.EmulatorOperation? operation
---@return table<string, string>? params the segments in place of the placeholders, by name
---@return boolean is_known_path whether another method has a route with this path
function router:find(request)
  local segments = http.parse_target(request.target)
  local node = find_node(self.root, segments, 1)
  local route = node and node.routes[request.method]
  if not route then return nil, nil, node ~= nil end
  local params = {}
  for name, i in pairs(route.placeholders) do params[name] = segments[i] end
  return route.operation, params, true
end

return router
