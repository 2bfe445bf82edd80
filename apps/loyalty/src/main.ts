import { DeliveryModule } from '@effectively-once/delivery';
import { createApp, readConfig, runApp } from '@effectively-once/platform';
import { appModule } from './app.module.js';
import { loyaltyConfig } from './config.js';

await runApp({
  name: 'loyalty',
  create: async (logger) => {
    const config = readConfig(loyaltyConfig, process.env);
    const app = await createApp({ module: appModule(config, logger), logger });
    await DeliveryModule.join(app);
    return { app, port: config.LOYALTY_PORT, host: config.LISTEN_HOST };
  },
});
