import { readEnvironment } from '../../stack/environment.js';
import { appUrl } from '../../cli/clients/app-url.js';
import { checkoutsOfManyUsers } from '../load/checkouts.js';
import { offerPeak, type PeakLoad } from './offer-peak.js';

/**
 * The load as its own process, so that its work delays no probe and its memory is not theirs. It
 * gets the load as a message, and answers with the result.
 */
const environment = readEnvironment();
const checkouts = await checkoutsOfManyUsers(environment);
process.once('message', (load) => {
  void offerPeak(load as PeakLoad, checkouts, appUrl(environment, 'PAYMENTS')).then((result) => {
    process.send?.(result, () => process.exit(0));
  });
});
process.send?.('ready');
