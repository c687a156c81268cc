// The API's schemas as TypeScript: node scripts/types.mjs writes src/api/schema.ts out of tools/headend/api/openapi.yaml.
// tests/e2e/headend_api.test.mjs fails where the two have drifted apart. A keyword that changes what a value may be and is not known
// here is an error, so that none is passed over.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ignored = new Set(['description', 'title', 'examples', 'default', 'deprecated', 'readOnly', 'writeOnly', 'format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum',
  'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'propertyNames', 'unevaluatedProperties',
  'contentEncoding', 'contentMediaType', 'contentSchema', 'discriminator', 'dependentRequired']);
const known = new Set(['$ref', 'type', 'enum', 'const', 'properties', 'required', 'items', 'prefixItems', 'additionalProperties', 'allOf', 'anyOf', 'oneOf']);

const name = (text) => (/^[A-Za-z_$][\w$]*$/.test(text) ? text : JSON.stringify(text));
const union = (types) => [...new Set(types)].join(' | ');
const grouped = (type) => (/[|&]/.test(type) && !/^[{(]/.test(type) ? `(${type})` : type);

function objectType(schema) {
  const required = new Set(schema.required ?? []);
  const properties = Object.entries(schema.properties ?? {}).map(([key, value]) => `${name(key)}${required.has(key) ? '' : '?'}: ${typeOf(value)}`);
  const more = schema.additionalProperties;
  if (more !== undefined && more !== false) properties.push(`[name: string]: ${more === true ? 'unknown' : typeOf(more)}`);
  return properties.length ? `{ ${properties.join('; ')} }` : 'Record<string, unknown>';
}

function plainType(type, schema) {
  switch (type) {
    case 'string': case 'boolean': case 'null': return type;
    case 'integer': case 'number': return 'number';
    case 'array': return schema.prefixItems ? `[${schema.prefixItems.map(typeOf).join(', ')}]` : `${grouped(schema.items ? typeOf(schema.items) : 'unknown')}[]`;
    case 'object': return objectType(schema);
    default: throw new Error(`a schema of type ${type}`);
  }
}

export function typeOf(schema) {
  if (schema === true) return 'unknown';
  for (const keyword of Object.keys(schema)) if (!known.has(keyword) && !ignored.has(keyword) && !keyword.startsWith('x-')) throw new Error(`the keyword ${keyword} is not known to scripts/types.mjs`);
  const parts = [];
  if (schema.$ref) parts.push(/^#\/components\/schemas\/(\w+)$/.exec(schema.$ref)[1]);
  if (schema.const !== undefined) parts.push(JSON.stringify(schema.const));
  else if (schema.enum) parts.push(union(schema.enum.map((value) => JSON.stringify(value))));
  else if (schema.type) parts.push(union([schema.type].flat().map((type) => plainType(type, schema))));
  else if (schema.properties) parts.push(objectType(schema));
  for (const part of schema.allOf ?? []) parts.push(typeOf(part));
  for (const alternatives of [schema.anyOf, schema.oneOf]) if (alternatives) parts.push(union(alternatives.map(typeOf)));
  // What a reference's own members are, and are required besides.
  if (schema.$ref && schema.required) {
    const others = schema.required.filter((key) => !schema.properties?.[key]);
    if (others.length) parts.push(`Required<Pick<${parts[0]}, ${union(others.map((key) => JSON.stringify(key)))}>>`);
  }
  if (!parts.length) return 'unknown';
  return parts.length === 1 ? parts[0] : parts.map(grouped).join(' & ');
}

const bodyOf = (content, schemas) => Object.entries(content ?? {}).map(([type, { schema }]) => [type, schema ? typeOf(schema, schemas) : 'unknown']);

// One operation: what is sent and what comes.
function operation(document, item, spec) {
  const resolve = (one) => (one.$ref ? one.$ref.split('/').slice(1).reduce((part, key) => part[key], document) : one);
  const parameters = [...(item.parameters ?? []), ...(spec.parameters ?? [])].map(resolve);
  const members = (where) => parameters.filter((one) => one.in === where).map((one) => `${name(one.name)}${one.required ? '' : '?'}: ${typeOf(one.schema)}`);
  const lines = [];
  for (const where of ['path', 'query']) if (members(where).length) lines.push(`${where}: { ${members(where).join('; ')} }`);
  const body = spec.requestBody && bodyOf(resolve(spec.requestBody).content);
  const json = body?.find(([type]) => /json$/.test(type));
  if (body) lines.push(`body: ${json ? json[1] : 'Blob'}`);
  const good = Object.entries(spec.responses).filter(([status]) => /^2/.test(status)).map(([, response]) => resolve(response));
  const answers = good.flatMap(({ content }) => (content ? bodyOf(content).map(([type, value]) => (/json$/.test(type) ? value : type === 'text/event-stream' || /^text\//.test(type) ? 'string' : 'Blob')) : ['undefined']));
  lines.push(`answer: ${union(answers)}`);
  return `{ ${lines.join('; ')} }`;
}

export function typesOf(document) {
  const methods = ['get', 'post', 'put', 'patch', 'delete'];
  const schemas = Object.entries(document.components.schemas).map(([key, schema]) => `export type ${key} = ${typeOf(schema)};`);
  const operations = Object.entries(document.paths).flatMap(([address, item]) => methods.filter((method) => item[method])
    .map((method) => `  '${method.toUpperCase()} ${address}': ${operation(document, item, item[method])};`));
  return `// Made by scripts/types.mjs of tools/headend/api/openapi.yaml: change that, then "npm run types".\n\n${schemas.join('\n')}\n\n`
    + `// What is sent, and what comes where it is no problem.\nexport interface Operations {\n${operations.join('\n')}\n}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { parse } = await import('yaml');
  const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
  writeFileSync(path.join(folder, 'src/api/schema.ts'), typesOf(parse(readFileSync(path.join(folder, '../headend/api/openapi.yaml'), 'utf8'))));
}
