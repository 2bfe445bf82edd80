import { DeliveryModule } from '@effectively-once/delivery';
import { createApp, readConfig, runApp } from '@effectively-once/platform';
import { appModule } from './app.module.js';
import { searchConfig } from './config.js';

await runApp({
  name: 'search',
  create: async (logger) => {
    const config = readConfig(searchConfig, process.env);
    const app = await createApp({ module: appModule(config, logger), logger });
    await DeliveryModule.join(app);
    return { app, port: config.SEARCH_PORT, host: config.LISTEN_HOST };
  },
});
