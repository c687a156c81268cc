// As much of JSON Schema (2020-12) as assets/schema uses. Returns the places that do not fit.
//   assert.deepEqual(schemaErrors(schema, value), [])
const kinds = {
  object: (v) => v !== null && typeof v === 'object' && !Array.isArray(v), array: Array.isArray, null: (v) => v === null,
  string: (v) => typeof v === 'string', number: (v) => typeof v === 'number', integer: Number.isInteger,
  boolean: (v) => typeof v === 'boolean',
};

const known = new Set(['$schema', '$id', '$defs', '$ref', 'title', 'description', 'type', 'required', 'properties', 'const',
  'enum', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'items', 'minItems', 'maxItems',
  'additionalProperties', 'propertyNames', 'minProperties', 'maxProperties',
  'if', 'then', 'else', 'oneOf']);

export function schemaErrors(schema, value, root = schema, place = '$') {
  const errors = [];
  const fail = (what) => errors.push(`${place}: ${what}`);
  for (const word of Object.keys(schema)) if (!known.has(word)) throw new Error(`schema word not known here: ${word}`);
  if (schema.$ref) {
    const target = schema.$ref.split('/').slice(1).reduce((part, name) => part[name], root);
    errors.push(...schemaErrors(target, value, root, place));
  }
  if (schema.if) {
    const branch = schemaErrors(schema.if, value, root, place).length === 0 ? schema.then : schema.else;
    if (branch) errors.push(...schemaErrors(branch, value, root, place));
  }
  if (schema.oneOf && schema.oneOf.filter((one) => schemaErrors(one, value, root, place).length === 0).length !== 1) fail('not one of several');
  if (schema.type && ![schema.type].flat().some((kind) => kinds[kind](value))) return [...errors, `${place}: not ${schema.type}`];
  if ('const' in schema && value !== schema.const) fail(`not ${schema.const}`);
  if (schema.enum && !schema.enum.includes(value)) fail(`not one of ${schema.enum}`);
  if (typeof value === 'string') {
    if (schema.pattern && !new RegExp(schema.pattern, 'u').test(value)) fail(`does not match ${schema.pattern}`);
    if (value.length < (schema.minLength ?? 0) || value.length > (schema.maxLength ?? Infinity)) fail('length');
  }
  if (typeof value === 'number' && (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity))) fail('range');
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Infinity)) fail('number of items');
    if (schema.items) value.forEach((item, i) => errors.push(...schemaErrors(schema.items, item, root, `${place}[${i}]`)));
  } else if (kinds.object(value)) {
    const count = Object.keys(value).length;
    if (count < (schema.minProperties ?? 0) || count > (schema.maxProperties ?? Infinity)) fail('number of properties');
    for (const name of schema.required ?? []) if (!(name in value)) fail(`lacks ${name}`);
    for (const [name, member] of Object.entries(value)) {
      if (schema.propertyNames) errors.push(...schemaErrors(schema.propertyNames, name, root, `${place}.${name} (its name)`));
      const rule = schema.properties?.[name] ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
      if (rule) errors.push(...schemaErrors(rule, member, root, `${place}.${name}`));
    }
  }
  return errors;
}
