import { toJsonSchema } from '@valibot/to-json-schema';
import { isLeaf, type Group, type Leaf } from './service-schema-option.js';
import { DEFAULTS, SERVICE } from './service-schema.js';

type JsonSchema = Readonly<Record<string, unknown>>;

// Draft 7: what editors know best.
const DRAFT = 'http://json-schema.org/draft-07/schema#';
const WHOLE_VARIABLE: JsonSchema = { $ref: '#/definitions/variable' };
const TEXT_WITH_VARIABLE: JsonSchema = { $ref: '#/definitions/textWithVariable' };

/** The JSON Schema of what `servicesFrom()` takes, before variables are put in their places. */
export function servicesJsonSchema(): JsonSchema {
  return {
    $schema: DRAFT,
    title: 'Services for createClientFactory() of @holdfast/client',
    description: [
      'Read by servicesFrom(json, { env }).',
      'Every text may have ${NAME} or ${NAME:-default} in it, and $${ for the characters themselves; a number, true, false or a list may be one variable as a whole.',
      'HOLDFAST_<SERVICE>_<OPTION> goes before what stands here, and that before "defaults".',
      'What this schema cannot say: a service has a baseURL and, unless credential is false, scopes, here, in "defaults" or by a variable;',
      'a baseURL is by https or on loopback, without user name, password, query and fragment; origins have neither path nor query;',
      'no two names have the same variables (order-lines and orderLines); and the options go together (probesToClose is at most probes).',
    ].join(' '),
    type: 'object',
    properties: {
      $schema: { type: 'string', description: 'Where this schema is, for editors.' },
      defaults: { $ref: '#/definitions/defaults' },
      services: {
        description: 'The services, each by its name.',
        type: 'object',
        propertyNames: { minLength: 1 },
        additionalProperties: { $ref: '#/definitions/service' },
      },
    },
    required: ['services'],
    additionalProperties: false,
    definitions: {
      variable: {
        description: 'A variable that is all of the value.',
        type: 'string',
        pattern: '^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}$',
      },
      textWithVariable: { description: 'A text with a variable in it.', type: 'string', pattern: '\\$\\{' },
      defaults: schemaOfGroup(DEFAULTS),
      service: schemaOfGroup(SERVICE, '#/definitions/defaults/properties'),
    },
  };
}

/** `described`: where the options stand that `defaults` has as well. */
function schemaOfGroup({ description, entries, canBeOff }: Group, described?: string): JsonSchema {
  const properties = Object.entries(entries).map(([name, node]) => {
    if (described !== undefined && DEFAULTS.entries[name] === node)
      return [name, { $ref: `${described}/${name}` }];
    return [name, isLeaf(node) ? schemaOfLeaf(node) : schemaOfGroup(node)];
  });
  const options = {
    type: 'object',
    properties: Object.fromEntries(properties) as JsonSchema,
    additionalProperties: false,
  };
  return canBeOff
    ? { description, anyOf: [options, { const: false }, WHOLE_VARIABLE] }
    : { description, ...options };
}

function schemaOfLeaf({ description, schema, reads }: Leaf<unknown>): JsonSchema {
  // Checks that are functions have no words in JSON Schema: the description of the whole has them.
  const converted = toJsonSchema(schema, { target: 'draft-07', errorMode: 'ignore' });
  const inner = withVariables(
    Object.fromEntries(Object.entries(converted).filter(([name]) => name !== '$schema')),
  );
  if (reads.length === 0) return { description, ...inner };
  return { description, anyOf: [...choicesOf(inner), WHOLE_VARIABLE] };
}

/** Where not every text is allowed, one with a variable in it is. */
function withVariables(schema: JsonSchema): JsonSchema {
  const { type, pattern, items, anyOf, additionalProperties } = schema;
  if (type === 'array') return { ...schema, items: withVariables(items as JsonSchema) };
  if (Array.isArray(anyOf)) return { ...schema, anyOf: anyOf.map((one: JsonSchema) => withVariables(one)) };
  if (type === 'object')
    return { ...schema, additionalProperties: withVariables(additionalProperties as JsonSchema) };
  const isNarrow = pattern !== undefined || Array.isArray(schema['enum']);
  return isNarrow && (type === 'string' || type === undefined)
    ? { anyOf: [schema, TEXT_WITH_VARIABLE] }
    : schema;
}

function choicesOf(schema: JsonSchema): readonly JsonSchema[] {
  const { anyOf } = schema;
  return Array.isArray(anyOf) && Object.keys(schema).length === 1 ? (anyOf as JsonSchema[]) : [schema];
}
