import pc from 'picocolors';
import { showFirstPayment } from '../../cli/run/first-payment.js';
import { placesToLook } from '../../cli/run/places-to-look.js';
import { readEnvironment } from '../environment.js';

const environment = readEnvironment();
console.log('everything is healthy; a first payment:');
await showFirstPayment({ environment, print: console.log });
console.log(['', ...placesToLook(environment), ''].join('\n  '));
console.log(
  `${pc.bold('docker compose run --rm demo pay --user alice --amount 1299')} makes another payment,`,
);
console.log(`${pc.bold('docker compose run --rm demo audit')} looks for lost and doubled ones`);
