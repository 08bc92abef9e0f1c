--- Opens transports under test, and sends requests to the test servers through them.

--- Splits an echoed request into its parts.
local function parse_echo(text)
  local line, lines, body = text:match("^(.-)\r\n(.-)\r\n\r\n(.*)$")
  local echo = { line = line, body = body, names = {}, values = {} }
  for name, value in (lines .. "\r\n"):gmatch("([^:\r\n]+):[ \t]*([^\r\n]-)[ \t]*\r\n") do
    echo.names[#echo.names + 1] = name
    echo.values[name] = value
  end
  table.sort(echo.names)
  return echo
end

---@param new fun(options: table): kms.Transport
---@param servers table spec.helpers.test_servers
---@param assert table busted's
return function(new, servers, assert)
  local client = { servers = servers, HTTPS = { scheme = "https", host = servers.host("https") } }

  function client.open(options)
    options = options or {}
    options.ca_file = servers.ca_file
    return new(options)
  end

  --- Sends a request to the plain HTTP server, unless `fields` names another.
  function client.send(transport, target, fields)
    local request = { method = "GET", scheme = "http", host = servers.host("http"), target = target, headers = {} }
    for name, value in pairs(fields or {}) do request[name] = value end
    return transport:send(request)
  end

  function client.send_echo(transport, target, fields)
    local response, err = client.send(transport, target, fields)
    assert.is_nil(err and tostring(err))
    return parse_echo(response.body), response
  end

  function client.send_for_connection(transport, fields)
    local _, response = client.send_echo(transport, "/", fields)
    return response.headers["x-connection"]
  end

  --- Returns the number of requests for /counted/`name` that arrive while `call` runs.
  function client.count_requests(name, call)
    local function get_count() return tonumber(client.send(client.open(), "/count?of=" .. name).body) end
    local before = get_count()
    call()
    return get_count() - before
  end

  function client.assert_fails(code, uncertain, response, err)
    assert.is_nil(response)
    assert.equal(code, err.code)
    assert.equal("transport", err.kind)
    assert.equal(uncertain, err.uncertain)
    assert.equal("string", type(err.message))
    assert.is_nil(err.message:find("[%c]"))
    return err
  end

  return client
end
