--- The body of a successful response, of both clouds at once. The server replaces the key by that of the request.
return '{"key_id":"0d0466b0-e727-4d9c-b35d-f84bb474a37f","primary_region":"cn-east-3",'
  .. '"code":"SUCCESS","data":{"keyTag":"0d0466b0-e727-4d9c-b35d-f84bb474a37f","keyName":"newKeyName"}}'
