// The JSON Schema of what servicesFrom() takes, out of the schemas by which it checks. After a change to those:
//   node --conditions=@holdfast/source --import tsx scripts/services-schema.mjs
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { servicesJsonSchema } from '../packages/client/src/made-services-schema.ts';

const file = fileURLToPath(new URL('../packages/client/services.schema.json', import.meta.url));
const options = await resolveConfig(file);
writeFileSync(file, await format(JSON.stringify(servicesJsonSchema()), { ...options, filepath: file }));
