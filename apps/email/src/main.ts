import { DeliveryModule } from '@effectively-once/delivery';
import { createApp, readConfig, runApp } from '@effectively-once/platform';
import { appModule } from './app.module.js';
import { emailConfig } from './config.js';

await runApp({
  name: 'email',
  create: async (logger) => {
    const config = readConfig(emailConfig, process.env);
    const app = await createApp({ module: appModule(config, logger), logger });
    await DeliveryModule.join(app);
    return { app, port: config.EMAIL_PORT, host: config.LISTEN_HOST };
  },
});
