import { runApp } from '@effectively-once/platform';
import { systemClockAndIds } from './runtime/clock-and-ids.js';
import { paymentsApp } from './app.module.js';
import { paymentsConfig } from './config.js';
import { serveDocs } from './http/openapi.controller.js';

await runApp({
  name: 'payments',
  create: async (logger) => {
    const config = paymentsConfig(process.env);
    const app = await paymentsApp({ config, logger, clockAndIds: systemClockAndIds });
    serveDocs(app);
    return { app, port: config.PAYMENTS_PORT, host: config.LISTEN_HOST };
  },
});
