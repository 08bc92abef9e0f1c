--- The head of a request as text, whatever the protocol. In NGINX only.
-- luacheck: std ngx_lua

--- HTTP/2 has no such text: there the names are in order, and lower case as they came.
---@return string
return function()
  if ngx.req.http_version() < 2 then return ngx.req.raw_header() end
  local lines = {}
  for name, value in pairs(ngx.req.get_headers()) do lines[#lines + 1] = name .. ": " .. value end
  table.sort(lines)
  table.insert(lines, 1, ngx.req.get_method() .. " " .. ngx.var.request_uri .. " HTTP/2")
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end
