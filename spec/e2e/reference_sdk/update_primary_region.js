// Moves a key's primary region with the core of Huawei Cloud's official Node SDK.
//   node update_primary_region.js ENDPOINT KEY_ID PRIMARY_REGION
// Reads the account from HUAWEICLOUD_SDK_AK, _SK and _PROJECT_ID. Prints one line of JSON: status with the members of a
// successful response, or status, code and message. The exit status is 0 in both cases.
'use strict';

const [endpoint, keyId, primaryRegion] = process.argv.slice(2);
const { HUAWEICLOUD_SDK_AK: ak, HUAWEICLOUD_SDK_SK: sk, HUAWEICLOUD_SDK_PROJECT_ID: projectId } = process.env;

// The SDK would read these itself. It also prints failed requests with their Authorization header to the console.
for (const name of Object.keys(process.env)) if (name.startsWith('HUAWEICLOUD_SDK_')) delete process.env[name];
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

const core = process.env.SDK_MODULES + '/@huaweicloud/huaweicloud-sdk-core';
const { BasicCredentials } = require(core);
const { ClientBuilder } = require(core + '/ClientBuilder');

const client = new ClientBuilder((http) => http)
  .withCredential(new BasicCredentials().withAk(ak).withSk(sk).withProjectId(projectId))
  .withEndpoint(endpoint)
  .build();

client.sendRequest({
  method: 'PUT',
  url: '/v2/{project_id}/kms/keys/{key_id}/update-primary-region',
  contentType: 'application/json;charset=UTF-8',
  pathParams: { project_id: projectId, key_id: keyId },
  queryParams: {},
  headers: {},
  data: { key_id: keyId, primary_region: primaryRegion },
}).then(
  ({ httpStatusCode, key_id, primary_region }) => ({ status: httpStatusCode, key_id, primary_region }),
  (error) => ({ status: error.httpStatusCode || 0, code: error.errorCode, message: error.errorMsg || error.message }),
).then((result) => write(JSON.stringify(result) + '\n'));
