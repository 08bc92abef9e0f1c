--- The body of a good answer, of both clouds at once.
return '{"key_id":"0d0466b0-e727-4d9c-b35d-f84bb474a37f","primary_region":"cn-east-3",'
  .. '"code":"SUCCESS","data":{"keyTag":"a1b2c3","keyName":"newKeyName"}}'
