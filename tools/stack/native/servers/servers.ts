import { alertmanager } from './alertmanager.js';
import { connect } from './connect.js';
import { elasticsearch } from './elasticsearch.js';
import { kafka } from './kafka.js';
import { postgres } from './postgres.js';
import type { ProcessDefinition } from '../processes/process-definition.js';
import { prometheus } from './prometheus.js';
import { redis } from './redis.js';
import type { StackContext } from './stack-context.js';

/** Every server of the system, the slowest to start first. */
export function servers(context: StackContext): ProcessDefinition[] {
  return [elasticsearch, kafka, postgres, connect, redis, alertmanager, prometheus].map((server) =>
    server(context),
  );
}
