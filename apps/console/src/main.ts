import { createApp, readConfig, runApp } from '@effectively-once/platform';
import { appModule } from './app.module.js';
import { consoleConfig } from './config.js';
import { explain } from './runtime/console-errors.js';

await runApp({
  name: 'console',
  create: async (logger) => {
    const config = readConfig(consoleConfig, process.env);
    const app = await createApp({ module: appModule(config, logger), logger, explain });
    return { app, port: config.CONSOLE_PORT };
  },
});
