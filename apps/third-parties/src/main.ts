import { createApp, readConfig, runApp } from '@effectively-once/platform';
import { AppModule } from './app.module.js';
import { configSchema } from './config.js';

await runApp({
  name: 'third-parties',
  create: async (logger) => {
    const config = readConfig(configSchema, process.env);
    const app = await createApp({ module: AppModule.register(config, logger), logger });
    return { app, port: config.THIRD_PARTIES_PORT, host: config.LISTEN_HOST };
  },
});
