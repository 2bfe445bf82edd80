import { httpUrl, listenHost, nodeEnv, port } from '@effectively-once/platform';
import { z } from 'zod';

export const configSchema = z.object({
  NODE_ENV: nodeEnv,
  LISTEN_HOST: listenHost,
  /** Port of the journals, the faults, the mail provider's API and the pager. */
  THIRD_PARTIES_PORT: port,
  PSP_PORT: port,
  SMTP_PORT: port,
  /** One JSONL file per journal. The folder must outlive the process. */
  JOURNAL_DIR: z.string().min(1),
  PSP_SECRET_KEY: z.string().min(1),
  PSP_WEBHOOK_SECRET: z.string().min(1),
  PAYMENTS_WEBHOOK_URL: httpUrl,
});

export type Config = z.infer<typeof configSchema>;
