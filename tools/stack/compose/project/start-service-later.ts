// `start-service-later.js <service> <ms>`: starts a stopped service again after this time, or as
// soon as the process that stopped it has ended: its end closes our stdin. To start a service that
// runs changes nothing.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEnvironment } from '../../environment.js';
import { compose } from '../docker.js';

const [service = '', ms = ''] = process.argv.slice(2);
const ended = once(process.stdin.resume(), 'end');
await Promise.race([ended, sleep(Number(ms))]);
await compose(['start', service], { environment: readEnvironment() });
process.exit(0);
