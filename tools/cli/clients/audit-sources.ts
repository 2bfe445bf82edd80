import { sourcesOf, type Sources } from '@effectively-once/audit';
import { addresses } from '../../stack/addresses.js';
import type { Environment } from '../../stack/environment.js';
import { appUrl } from './app-url.js';

/** The addresses of every store that the auditor reads, as seen from this machine. */
export const auditSources = (environment: Environment): Sources =>
  sourcesOf({
    ...addresses(environment, { journalFolder: '' }),
    EMAIL_URL: appUrl(environment, 'EMAIL'),
    LOYALTY_URL: appUrl(environment, 'LOYALTY'),
    SEARCH_URL: appUrl(environment, 'SEARCH'),
  });
