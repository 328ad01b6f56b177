// Clients that others wrote, where everything of ours is made of ES modules: what their users can tell of errors is printed as JSON.
import { errorsOfForeignClients } from './made-foreign-errors.ts';

process.stdout.write(JSON.stringify(await errorsOfForeignClients()));
