// Makes the same call with the core of Huawei Cloud's official Node SDK.
//   node_sdk.js huawei SCHEME://HOST PATH CA_FILE BODY
'use strict';

const [, base, path, , body] = process.argv.slice(2);
const { HUAWEICLOUD_SDK_AK: ak, HUAWEICLOUD_SDK_SK: sk, HUAWEICLOUD_SDK_PROJECT_ID: projectId } = process.env;

// The SDK would read these variables itself.
for (const name of Object.keys(process.env)) if (name.startsWith('HUAWEICLOUD_SDK_')) delete process.env[name];
const writeOutput = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr); // the SDK prints to standard output

const core = require('path').resolve(process.env.SDK_MODULES) + '/@huaweicloud/huaweicloud-sdk-core';
const { BasicCredentials } = require(core);
const { ClientBuilder } = require(core + '/ClientBuilder');

const client = new ClientBuilder((http) => http)
  .withCredential(new BasicCredentials().withAk(ak).withSk(sk).withProjectId(projectId))
  .withEndpoint(base)
  .build();

async function call() {
  const response = await client.sendRequest({
    method: 'PUT',
    url: path,
    contentType: 'application/json',
    pathParams: {},
    queryParams: {},
    headers: {},
    data: JSON.parse(body),
  });
  if (response.httpStatusCode !== 200 || !response.key_id) throw new Error('status ' + response.httpStatusCode);
}

async function runBatches() {
  for await (const line of require('readline').createInterface({ input: process.stdin })) {
    const count = Number(line);
    if (!Number.isInteger(count)) break;
    for (let i = 0; i < count; i++) await call();
    const { user, system } = process.cpuUsage();
    writeOutput(((user + system) / 1e6).toFixed(6) + '\n');
  }
  process.exit();
}

runBatches().catch((error) => {
  console.error(error);
  process.exit(1);
});
