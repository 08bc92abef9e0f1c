--- The error codes of NAVER Cloud KMS 2.0 with status and message.

-- The status table of KMS 2.0 could not be read. The codes, except NOT_FOUND, are documented for KMS API 1.0
-- ("Configure request"). Their HTTP status is documented for Secret Manager, a service of the same platform. So is
-- NOT_FOUND. Inferred: the messages of NOT_FOUND and UNAUTHORIZED, the status of both, and which code each check gives.
return {
  INVALID_REQUEST = { 400, "Invalid request" },
  UNAUTHORIZED = { 401, "Unauthorized" },
  FORBIDDEN = { 403, "Forbidden" },
  NOT_FOUND = { 404, "Not found" },
  UNPROCESSABLE_ENTITY = { 422, "Invalid status" },
}
