--- Rows of the fault matrix in which the response is valid HTTP, and not a result. "{elsewhere}" in a header is a host
--- that must not be called ("{elsewhere_tls}": over TLS).

local GOOD = require "spec.e2e.faults.good_body"

local rows = {}

local function add(row) rows[#rows + 1] = row end

--- Redirects: for a call they are responses that the API does not promise.
for _, status in ipairs { 300, 301, 302, 303, 305, 307, 308 } do
  for _, url in ipairs { "http://{elsewhere}/", "https://{elsewhere_tls}/" } do
    add { ("%d to %s"):format(status, url), status = status, headers = { Location = url }, gives = ("protocol empty %d"):format(status) }
  end
  add { ("%d with a good body"):format(status), status = status, headers = { Location = "http://{elsewhere}/" }, body = GOOD,
    cloud = "ncloud", gives = ("protocol unknown %d"):format(status) }
  add { ("%d with a good body for Huawei Cloud"):format(status), status = status, headers = { Location = "http://{elsewhere}/" }, body = GOOD,
    cloud = "huawei", gives = ("service SUCCESS %d"):format(status) }
end
add { "304", status = 304, gives = "protocol empty 304" }
add { "a Location beside a result", status = 200, headers = { Location = "http://{elsewhere}/" }, body = GOOD, gives = "done" }
add { "a Refresh beside a result", status = 200, headers = { Refresh = "0; url=http://{elsewhere}/" }, body = GOOD, gives = "done" }
add { "an Alt-Svc beside a result", status = 200, headers = { ["Alt-Svc"] = 'http/1.1="{elsewhere}"; ma=60' }, body = GOOD, gives = "done" }
add { "a cookie beside a result", status = 200, headers = { ["Set-Cookie"] = "a=b; Path=/" }, body = GOOD, gives = "done" }
add { "strict transport security beside a result", status = 200, headers = { ["Strict-Transport-Security"] = "max-age=60" }, body = GOOD,
  gives = "done" }

--- A server that asks for other credentials gets none.
for _, challenge in ipairs { 'Basic realm="kms"', 'Digest realm="kms", nonce="n", qop="auth"', "Negotiate", "NTLM", "Bearer" } do
  add { "401 that asks for " .. challenge:match "^%a+", status = 401, headers = { ["WWW-Authenticate"] = challenge }, gives = "protocol empty 401" }
end
add { "407 without a proxy", status = 407, headers = { ["Proxy-Authenticate"] = 'Basic realm="kms"' }, gives = "protocol empty 407" }

-- Statuses with bodies that hold no error: the code follows from the body alone.
local BODIES = {
  { "no body", "", "empty" },
  { "HTML", "<html>\r\n<body>\r\n<center><h1>Sorry</h1></center>\r\n</body>\r\n</html>\r\n", "not_json" },
  { "XML", '<?xml version="1.0"?><Message><status><code>1</code></status></Message>', "not_json" },
  { "plain text", "upstream connect error or disconnect/reset before headers", "not_json" },
  { "a JSON list", "[]", "not_object" },
  { "a JSON string", '"no"', "not_object" },
  { "an unknown object", '{"hello":"world"}', "unknown" },
}
local USUAL = { 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504 }
local UNUSUAL = { 405, 408, 411, 415, 422, 431, 451, 499, 501, 505, 507, 511, 599 } -- a body or two will do

--- Whether a failure of this status leaves a doubt: behind a server's failure anything may have happened, but for the
--- one that says that it did not take the request.
local function doubt(status) return status >= 500 and status ~= 503 and " uncertain" or "" end

local function add_bodies(statuses, count)
  for _, status in ipairs(statuses) do
    for i = 1, count do
      local body = BODIES[i]
      add { ("%d with %s"):format(status, body[1]), status = status, body = body[2],
        gives = ("protocol %s %d%s"):format(body[3], status, doubt(status)) }
    end
  end
end
add_bodies(USUAL, #BODIES)
add_bodies(UNUSUAL, 2)

-- The documented shapes of both clouds, and the code that must be read from each.
local SHAPES = {
  huawei = {
    { "KMS", '{"error":{"error_code":"KMS.0205","error_msg":"The key id is invalid."}}', "KMS.0205" },
    { "the gateway", '{"error_code":"APIGW.0201","error_msg":"Backend timeout.","request_id":"5f3c"}', "APIGW.0201" },
    { "IAM, the code a number", '{"error":{"code":401,"message":"The request requires authentication.","title":"Unauthorized"}}', "401" },
    { "older services", '{"code":"VPC.0105","message":"{\\"x\\":1}"}', "VPC.0105" },
    { "some services", '{"errorCode":"X.1","errorMsg":"no"}', "X.1" },
    { "a policy's refusal", '{"error":{"error_code":"KMS.0306","error_msg":"denied","encoded_authorization_message":"Egp"}}', "KMS.0306" },
    { "a batch", '{"error_code":"B.1","error_msg":"two failed","details":[{"error_code":"B.2","error_msg":"no"}]}', "B.1" },
    { "a wrapper", '{"badRequest":{"code":400,"message":"bad"}}', "400" },
  },
  ncloud = {
    { "KMS", '{"code":"INVALID_REQUEST","msg":"Invalid request","data":null}', "INVALID_REQUEST" },
    { "KMS, message for msg", '{"code":"FORBIDDEN","message":"Forbidden"}', "FORBIDDEN" },
    { "the gateway", '{"error":{"errorCode":"210","message":"Permission Denied","details":"A subscription is required."}}', "210" },
    { "the gateway, without details", '{"error":{"errorCode":"400","message":"Quota Exceeded"}}', "400" },
    { "classic services", '{"responseError":{"returnCode":"1000","returnMessage":"Please try again later"}}', "1000" },
    { "flat services, the code a number", '{"errorCode":9014,"message":"Tenant not created"}', "9014" },
    { "a framework", '{"timestamp":"2026-01-02T03:04:05Z","status":404,"error":"Not Found","message":"no such path","path":"/x"}', "404" },
    { "a status object", '{"status":{"code":"40100","message":"Unauthorized"}}', "40100" },
    { "a mail service", '{"error":{"code":"77202","message":"No permission"}}', "77202" },
  },
}
for _, status in ipairs { 200, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504 } do
  for _, cloud in ipairs { "huawei", "ncloud" } do
    for _, shape in ipairs(SHAPES[cloud]) do
      -- Under a good status a failure is the service's word all the same: nothing was done.
      add { ("%d in the words of %s, %s"):format(status, cloud, shape[1]), cloud = cloud, status = status, body = shape[2],
        gives = ("service %s %d%s"):format(shape[3], status, doubt(status)) }
    end
  end
end

return rows
