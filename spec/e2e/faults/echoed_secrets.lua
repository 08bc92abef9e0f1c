--- Rows of the fault matrix in which the response repeats the head of the request with its secrets. `send`, `headers` and
--- `body` are functions of that head.

local rows = {}

local function add(row) rows[#rows + 1] = row end

--- The header that nobody is to see; HTTP/2 has its name in lower case.
local function secret_of(head)
  for _, name in ipairs { "x-security-token: ", "x-auth-token: ", "x-ncp-apigw-signature-v2: " } do
    local _, last = head:lower():find(name, 1, true)
    if last then return head:match("[^\r]*", last + 1) end
  end
end

--- The head as a gateway prints it.
local function printed(head) return (head:gsub("\r\n", "|"):gsub('"', "'")) end

local function json(text) return (text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end)) end
local function slashed(text) return (text:gsub("/", "\\/")) end
local function spelled(text) return (text:gsub(".", function(c) return ("\\u%04x"):format(c:byte()) end)) end
local function percent(text) return (text:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end)) end
local function lower_percent(text) return (text:gsub("[^%w]", function(c) return ("%%%02x"):format(c:byte()) end)) end
local function itself(text) return text end

local FORMS = { ["as it came"] = itself, ["as JSON"] = json, ["with slashes escaped"] = slashed, ["spelled in escapes"] = spelled,
  ["percent-encoded"] = percent, ["percent-encoded in lower case"] = lower_percent }
local ORDER = { "as it came", "as JSON", "with slashes escaped", "spelled in escapes", "percent-encoded", "percent-encoded in lower case" }

-- Where a service's text may stand, and what is read from it.
local PLACES = {
  { "huawei", "the gateway's message", '{"error_code":"APIGW.0301","error_msg":"verify failed, canonicalRequest:%s"}', "service APIGW.0301 401" },
  { "huawei", "the request id", '{"error_code":"APIGW.0301","error_msg":"x","request_id":"%s"}', "service APIGW.0301 401" },
  { "huawei", "the encoded message", '{"error_code":"KMS.1","error_msg":"x","encoded_authorization_message":"%s"}', "service KMS.1 401" },
  { "ncloud", "the gateway's message", '{"error":{"errorCode":"200","message":"Authentication Failed","details":"%s"}}', "service 200 401" },
  { "ncloud", "the service's message", '{"code":"X","msg":"%s"}', "service X 401" },
}
for _, place in ipairs(PLACES) do
  for _, name in ipairs(ORDER) do
    for what, part in ipairs { printed, secret_of } do
      add { ("%s %s in %s of %s"):format(what == 1 and "the head" or "the secret", name, place[2], place[1]), cloud = place[1],
        status = 401, gives = place[4],
        body = function(head)
          local text = FORMS[name](part(head))
          return (place[3]:gsub("%%s", function() return text end))
        end }
    end
  end
end

for _, name in ipairs(ORDER) do
  local form = FORMS[name]
  add { "the head in HTML, " .. name, status = 502, gives = "protocol not_json 502 uncertain",
    body = function(head) return "<html><pre>" .. form(head) .. "</pre>" end }
  add { "the secret in HTML, " .. name, status = 502, gives = "protocol not_json 502 uncertain",
    body = function(head) return "<html>" .. form(secret_of(head)) end }
  add { "the head in unknown JSON, " .. name, status = 400, gives = "protocol unknown 400",
    body = function(head) return '{"hello":"' .. form(printed(head)) .. '"}' end }
end

-- Cut by what an error shows of a body, and of a message.
for _, before in ipairs { 150, 180, 190, 195, 199 } do
  add { ("the secret after %d bytes of a strange body"):format(before), status = 500, gives = "protocol not_json 500 uncertain",
    body = function(head) return (" "):rep(before - 1) .. "<" .. secret_of(head) end }
end
for _, before in ipairs { 1970, 1990, 1995, 1999 } do
  add { ("the secret after %d bytes of a message"):format(before), cloud = "huawei", status = 400, gives = "service KMS.1 400",
    body = function(head) return '{"error_code":"KMS.1","error_msg":"' .. ("x"):rep(before) .. secret_of(head) .. '"}' end }
end

-- Outside the body.
add { "the head in garbage", send = printed, gives = "transport other uncertain" }
add { "the secret in garbage", send = secret_of, gives = "transport other uncertain" }
add { "the secret in the reason", gives = "protocol empty 400",
  send = function(head) return "HTTP/1.1 400 " .. secret_of(head) .. "\r\nContent-Length: 0\r\n\r\n" end }
-- Not at its start: a signature that begins with three digits is a status.
add { "the secret as a status", gives = "transport other uncertain",
  send = function(head) return "HTTP/1.1 x" .. secret_of(head) .. "\r\nContent-Length: 0\r\n\r\n" end }
add { "the secret as a length", gives = "transport other uncertain",
  send = function(head) return "HTTP/1.1 200 OK\r\nContent-Length: x" .. secret_of(head) .. "\r\n\r\n" end }
add { "the secret as a coding", gives = "transport other uncertain",
  send = function(head) return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " .. secret_of(head) .. "\r\n\r\n{}" end }
add { "the secret as a header's name", gives = "transport other uncertain",
  send = function(head) return "HTTP/1.1 200 OK\r\n" .. secret_of(head) .. " : 1\r\n\r\n" end }
add { "the secret as a chunk's size", gives = "transport other uncertain",
  send = function(head) return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx" .. secret_of(head) .. "\r\n" end }
add { "the secret as a redirect", status = 302, headers = { Location = function(head) return "http://" .. secret_of(head) .. "/" end },
  gives = "protocol empty 302" }
add { "the secret as the request id of a failure", status = 500, headers = { ["X-Request-Id"] = secret_of },
  gives = "protocol empty 500 uncertain" }

return rows
