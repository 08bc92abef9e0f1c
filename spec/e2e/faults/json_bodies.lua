--- Rows of the fault matrix with unexpected bodies.

local GOOD = require "spec.e2e.faults.good_body"

local rows = {}

local function add(row) rows[#rows + 1] = row end

local DEEP = 10000
-- Of {"code":"X"}.
local GZIP = "\31\139\8\0\0\0\0\0\0\3\171\86\74\206\79\73\85\178\82\138\80\170\5\0\128\190\191\132\12\0\0\0"
local NULL_DATA = '{"code":"SUCCESS","data":null}'
local ODD = {
  { "JSON cut off", 200, GOOD:sub(1, 40), "protocol not_json 200 uncertain" },
  { "JSON and more", 200, GOOD .. GOOD, "protocol not_json 200 uncertain" },
  { "a byte order mark", 200, "\239\187\191" .. GOOD, "protocol not_json 200 uncertain" },
  { "UTF-16", 200, (GOOD:gsub(".", "%0\0")), "protocol not_json 200 uncertain" },
  { "lists nested 10,000 deep", 200, ("["):rep(DEEP) .. ("]"):rep(DEEP), "protocol not_json 200 uncertain" },
  { "objects nested 10,000 deep", 200, ('{"error":'):rep(DEEP) .. "1" .. ("}"):rep(DEEP), "protocol not_json 200 uncertain" },
  { "a failure nested 10,000 deep", 400, '{"error":{"error_code":"KMS.1","error_msg":"x","more":' .. ("["):rep(DEEP) .. ("]"):rep(DEEP) .. "}}",
    "protocol not_json 400" },
  { "half a million brackets", 500, ("["):rep(500000), "protocol not_json 500 uncertain" },
  { "raw NUL", 200, GOOD:gsub("cn%-east", "cn\0east"), "protocol not_json 200 uncertain" },
  { "null", 200, "null", "protocol not_object 200 uncertain" },
  { "nothing but white space", 200, " \r\n\t", "protocol not_json 200 uncertain" },
  { "gzip that was not asked for", 200, GZIP, "protocol not_json 200 uncertain", { ["Content-Encoding"] = "gzip" } },
  { "gzip of a refusal", 403, GZIP, "protocol not_json 403", { ["Content-Encoding"] = "gzip" } },
  { "JSON that says it is gzip", 200, GOOD, "done", { ["Content-Encoding"] = "gzip" } },
  { "JSON that says it is HTML", 200, GOOD, "done", { ["Content-Type"] = "text/html" } },
  { "no content", 204, nil, "protocol empty 204 uncertain" },
  { "a good body under 201", 201, GOOD, "done" },
  { "1 MiB of JSON", 400, '{"hello":"' .. ("x"):rep(2 ^ 20 - 12) .. '"}', "protocol unknown 400" },
}
for _, row in ipairs(ODD) do add { row[1], status = row[2], body = row[3], gives = row[4], headers = row[5] } end
-- The emulator leaves bounds to the transports.
add { "1 MiB and a byte of JSON", status = 400, body = '{"hello":"' .. ("x"):rep(2 ^ 20 - 11) .. '"}', emulator = false,
  gives = "transport too_large 400" }

-- The same by cloud: members of the wrong type, numbers for codes, bytes that are not text.
local CLOUDS = {
  huawei = {
    { "an empty object", 200, "{}", "protocol wrong_type 200 uncertain" },
    { "a number for the region", 200, '{"key_id":"0d0466b0-e727-4d9c-b35d-f84bb474a37f","primary_region":1}', "protocol mismatch 200 uncertain" },
    { "a code of 0", 400, '{"error":{"error_code":0,"error_msg":"x"}}', "service 0 400" },
    { "a code with a fraction", 400, '{"error":{"error_code":1.5,"error_msg":"x"}}', "service 1.5 400" },
    { "a code of 300 digits", 400, '{"error":{"error_code":1' .. ("0"):rep(299) .. ',"error_msg":"x"}}', "service 1" .. ("0"):rep(299) .. " 400" },
    { "true for a code", 400, '{"error":{"error_code":true,"error_msg":"x"}}', "protocol unknown 400" },
    { "an object for a code", 400, '{"error_code":{"a":1},"error_msg":[]}', "protocol unknown 400" },
    { "a number for a message", 400, '{"error":{"error_code":"KMS.1","error_msg":5}}', "service KMS.1 400" },
    { "NUL in a message", 400, '{"error":{"error_code":"KMS.1","error_msg":"a\\u0000b"}}', "service KMS.1 400" },
    { "terminal controls in a message", 400, '{"error":{"error_code":"KMS.1","error_msg":"\\u001b[31m\\u009b\\u202e"}}', "service KMS.1 400" },
    { "broken UTF-8 in a message", 400, '{"error":{"error_code":"KMS.1","error_msg":"\255\254\192\128\237\160\128"}}', "service KMS.1 400" },
    { "half a surrogate in a message", 400, '{"error":{"error_code":"KMS.1","error_msg":"\\ud800"}}', "protocol not_json 400" },
    { "a message of 900,000 bytes", 400, '{"error":{"error_code":"KMS.1","error_msg":"' .. ("\195\164"):rep(450000) .. '"}}', "service KMS.1 400" },
    { "a code of 900,000 bytes", 400, '{"error":{"error_code":"' .. ("K"):rep(900000) .. '","error_msg":"x"}}', "service " .. ("K"):rep(2000) .. "… 400" },
    { "NUL in a result", 200, '{"key_id":"a\\u0000b","primary_region":"cn-east-3"}', "protocol mismatch 200 uncertain" },
  },
  ncloud = {
    { "an empty object", 200, "{}", "protocol unknown 200 uncertain" },
    { "success without data", 200, NULL_DATA, "protocol wrong_type 200 uncertain" },
    { "a number for the name", 200, '{"code":"SUCCESS","data":{"keyTag":"0d0466b0-e727-4d9c-b35d-f84bb474a37f","keyName":1}}',
      "protocol mismatch 200 uncertain" },
    { "a code of 0", 400, '{"code":0,"msg":"x"}', "service 0 400" },
    { "true for a code", 400, '{"code":true,"msg":"x"}', "protocol unknown 400" },
    { "NUL in a message", 400, '{"code":"X","msg":"a\\u0000b"}', "service X 400" },
    { "broken UTF-8 in a message", 400, '{"code":"X","msg":"\255\254\192\128"}', "service X 400" },
    { "a message of 900,000 bytes", 400, '{"code":"X","msg":"' .. ("x"):rep(900000) .. '"}', "service X 400" },
  },
}
for _, cloud in ipairs { "huawei", "ncloud" } do
  for _, row in ipairs(CLOUDS[cloud]) do
    add { ("%s from %s"):format(row[1], cloud), cloud = cloud, status = row[2], body = row[3], gives = row[4] }
  end
end

return rows
