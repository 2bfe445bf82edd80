import { createApp, readConfig, runApp } from '@effectively-once/platform';
import { appModule } from './app.module.js';
import { consoleConfig } from './config.js';
import { isDemo } from './control-room/demo/demo-mode.js';
import { refuseForeignHosts } from './control-room/serve/allowed-hosts.js';
import { servePages } from './control-room/serve/page.js';
import { explain } from './runtime/console-errors.js';

await runApp({
  name: 'console',
  create: async (logger) => {
    const config = readConfig(consoleConfig, process.env);
    const app = await createApp({ module: appModule(config, logger), logger, explain });
    refuseForeignHosts(app.getHttpAdapter().getInstance(), config.CONSOLE_HOSTS);
    const paymentsUrl = config.PAYMENTS_PUBLIC_URL;
    await servePages(app, { paymentsUrl, demoControls: isDemo(config) });
    return { app, port: config.CONSOLE_PORT, host: config.LISTEN_HOST };
  },
});
