// Holds answers of a running server against an OpenAPI 3.1 document.
//   const api = await readOpenapi('tools/headend/api/openapi.yaml');
//   api.check('GET', '/api/v1/screens?limit=2', answer);   // throws where the document does not say so
//   api.routes                                              // ["GET /api/v1/screens", …]
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const methods = ['get', 'post', 'put', 'patch', 'delete', 'options'];

export async function readOpenapi(file) {
  const document = parse(await readFile(file, 'utf8'));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('uuid', true);
  ajv.addSchema(document, 'api');
  const place = (...parts) => `api#/${parts.map((part) => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  const routes = Object.entries(document.paths).flatMap(([path, item]) => methods.filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${path}`));

  const pathOf = (target) => {
    const asked = target.split('?')[0];
    const fits = (path) => new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(asked);
    return document.paths[asked] ? asked : Object.keys(document.paths).find(fits);
  };

  const check = (method, target, answer) => {
    const path = pathOf(target);
    assert.ok(path, `${target} is not in the document`);
    const operation = document.paths[path][method.toLowerCase()];
    assert.ok(operation, `${method} ${path} is not in the document`);
    let at = ['paths', path, method.toLowerCase(), 'responses', operation.responses[answer.status] ? answer.status : 'default'];
    let response = at.slice(1).reduce((part, name) => part?.[name], document.paths) ?? operation.responses[at.at(-1)];
    assert.ok(response, `${method} ${path}: no answer ${answer.status}`);
    if (response.$ref) {
      at = response.$ref.split('/').slice(1);
      response = at.reduce((part, name) => part[name], document);
    }
    if (!response.content) return assert.equal(answer.text, '', `${method} ${path} ${answer.status}: a body`);
    const type = answer.headers['content-type']?.split(';')[0];
    if (response.content['*/*']) return undefined;
    assert.ok(response.content[type], `${method} ${path} ${answer.status}: ${type}`);
    const schema = response.content[type].schema;
    if (!schema || !/json$/.test(type)) return undefined;
    const validate = schema.$ref ? ajv.getSchema(`api${schema.$ref}`) : ajv.getSchema(place(...at, 'content', type, 'schema'));
    assert.ok(validate(/json$/.test(type) ? JSON.parse(answer.text) : answer.text), `${method} ${path} ${answer.status}: ${ajv.errorsText(validate.errors)}: ${answer.text}`);
    return undefined;
  };
  const valid = (name, value) => {
    const validate = ajv.getSchema(`api#/components/schemas/${name}`);
    assert.ok(validate(value), ajv.errorsText(validate.errors));
  };
  return { document, routes, check, valid };
}
