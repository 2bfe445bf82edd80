import pc from 'picocolors';
import { showFirstPayment } from '../../cli/run/first-payment.js';
import { placesToLook } from '../../cli/run/places-to-look.js';
import { appUrl } from '../../cli/clients/app-url.js';
import { readEnvironment } from '../environment.js';
import { untilReady } from './until-ready.js';

/** Elasticsearch may need 3 minutes, the apps one more. */
const READY_WITHIN_MS = 600_000;

const environment = readEnvironment();
// The console is ready only after the connector is registered.
await untilReady(
  {
    payments: appUrl(environment, 'PAYMENTS'),
    email: appUrl(environment, 'EMAIL'),
    loyalty: appUrl(environment, 'LOYALTY'),
    search: appUrl(environment, 'SEARCH'),
    console: appUrl(environment, 'CONSOLE'),
  },
  { timeoutMs: READY_WITHIN_MS },
);
console.log('everything is healthy; a first payment:');
await showFirstPayment({ environment, print: console.log });
console.log(['', ...placesToLook(environment), ''].join('\n  '));
console.log(
  `${pc.bold('docker compose run --rm demo pay --user alice --amount 1299')} makes another payment,`,
);
console.log(`${pc.bold('docker compose run --rm demo audit')} looks for lost and doubled ones`);
