// Sends the requests of all operations with the core of Huawei Cloud's official Node SDK, as the SDK's own KMS client
// would: each request twice, with all params and with the required ones.
//   node operations.js ENDPOINT FIXTURE [NAME]
// NAME selects one operation.
// FIXTURE is spec/fixtures/huawei_operations.json. Reads the account from HUAWEICLOUD_SDK_AK, _SK and _PROJECT_ID.
// Prints one line of JSON per request: name, variant, the request as it was passed to Node's HTTPS module, and status and
// body of the response. The exit status is 0 if every request had a response.
'use strict';

const fs = require('fs');
const https = require('https');

const [endpoint, fixture, name] = process.argv.slice(2);
const { HUAWEICLOUD_SDK_AK: ak, HUAWEICLOUD_SDK_SK: sk, HUAWEICLOUD_SDK_PROJECT_ID: projectId } = process.env;

// The SDK would read these itself. It also prints failed requests with their Authorization header to the console.
for (const key of Object.keys(process.env)) if (key.startsWith('HUAWEICLOUD_SDK_')) delete process.env[key];
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

// Records what each request and its response have on the wire. The SDK drops the code and the message of KMS's errors.
let sent;
let received;
const originalRequest = https.request;
https.request = (...args) => {
  const request = originalRequest(...args);
  const chunks = [];
  const record = (chunk) => { if (chunk && typeof chunk !== 'function') chunks.push(Buffer.from(chunk)); };
  const { write: originalWrite, end: originalEnd } = request;
  request.write = (chunk, ...rest) => { record(chunk); return originalWrite.call(request, chunk, ...rest); };
  request.end = (chunk, ...rest) => {
    record(chunk);
    sent = {
      method: request.method, target: request.path, host: request.getHeader('host'),
      headers: Object.entries(request.getHeaders()).map(([header, value]) => [header, String(value)]),
      body: Buffer.concat(chunks).toString(),
    };
    return originalEnd.call(request, chunk, ...rest);
  };
  request.on('response', (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('end', () => { received = { status: response.statusCode, body: Buffer.concat(parts).toString() }; });
  });
  return request;
};

const core = process.env.SDK_MODULES + '/@huaweicloud/huaweicloud-sdk-core';
const { BasicCredentials } = require(core);
const { ClientBuilder } = require(core + '/ClientBuilder');

const client = new ClientBuilder((http) => http)
  .withCredential(new BasicCredentials().withAk(ak).withSk(sk).withProjectId(projectId))
  .withEndpoint(endpoint)
  .build();

function buildObject(fields, onlyRequired) {
  const object = {};
  for (const field of fields || []) {
    if (onlyRequired && !field.required) continue;
    let value = field.sample;
    if (field.fields) {
      value = buildObject(field.fields, onlyRequired);
      if (field.type === 'list') value = [value];
    }
    object[field.wire || field.name] = value;
  }
  return object;
}

// The options that a method of the SDK's KMS client builds.
function buildOptions(operation, onlyRequired) {
  const options = {
    method: operation.method,
    url: operation.path,
    contentType: operation.body ? 'application/json;charset=UTF-8' : 'application/json',
    pathParams: { project_id: projectId, ...buildObject(operation.in_path) },
    queryParams: buildObject(operation.query, onlyRequired),
    headers: {},
  };
  if (operation.body) options.data = buildObject(operation.body, onlyRequired);
  return options;
}

async function send(operation, onlyRequired) {
  sent = received = undefined;
  await client.sendRequest(buildOptions(operation, onlyRequired)).catch(() => {});
  if (!received) process.exitCode = 1;
  const variant = onlyRequired ? 'required' : 'all';
  write(JSON.stringify({ name: operation.name, variant, request: sent, response: received }) + '\n');
}

(async () => {
  for (const operation of JSON.parse(fs.readFileSync(fixture))) {
    if (name && operation.name !== name) continue;
    await send(operation, false);
    await send(operation, true);
  }
})();
