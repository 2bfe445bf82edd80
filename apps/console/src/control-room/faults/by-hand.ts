import type { FaultDefinition } from '@effectively-once/scenarios';
import type { ByHand } from '../wire/faults.js';

const SECONDS = 20;

/**
 * How an operator breaks and reverts it with Docker Compose. The console has no Docker socket: who
 * controls that socket controls the machine.
 */
export function byHand({ target, kind }: Pick<FaultDefinition, 'target' | 'kind'>): ByHand | null {
  const commands = commandsOf(target, kind);
  if (!commands) return null;
  const [first, second] = commands;
  return {
    break: first,
    revert: second,
    bash: `${first} && sleep ${SECONDS}; ${second}`,
    powershell: `${first}; Start-Sleep ${SECONDS}; ${second}`,
  };
}

function commandsOf(target: string, kind: string): [string, string] | undefined {
  if (target === 'loyalty-database') {
    return kind === 'refuse' ? [REFUSE_LOYALTY, ADMIT_LOYALTY] : undefined;
  }
  switch (kind) {
    case 'advance':
      return [ADVANCE_SLOT, 'npm run connector -- repair'];
    case 'delete':
      return [DELETE_INDEX, 'npm run reindex'];
    case 'kill':
      // Compose does not restart what was killed by its own command.
      return [`docker compose kill ${target}`, `docker compose start ${target}`];
    case 'freeze':
      return [`docker compose pause ${target}`, `docker compose unpause ${target}`];
    case 'stop':
      return [`docker compose stop ${target}`, `docker compose start ${target}`];
    default:
      return undefined;
  }
}

// Without -T, psql would show a result in a pager on a small terminal, and wait for a key.
const PSQL = 'docker compose exec -T postgres psql -U postgres';
const REFUSE_LOYALTY =
  `${PSQL} -c "ALTER ROLE loyalty_app NOLOGIN" -c "SELECT pg_terminate_backend(pid) ` +
  `FROM pg_stat_activity WHERE usename = 'loyalty_app'"`;
const ADMIT_LOYALTY = `${PSQL} -c "ALTER ROLE loyalty_app LOGIN"`;

/**
 * Debezium does not notice the move while an open transaction holds the restart position back. The
 * connector confirms beyond that transaction first, and payments come in before the slot moves.
 */
const ADVANCE_SLOT = [
  `${PSQL} -d payments -c "BEGIN"`,
  `-c "SELECT pg_logical_emit_message(true, 'open', '')" -c "SELECT pg_sleep(20)"`,
  `-c "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots`,
  `WHERE slot_name = 'payments_outbox'" -c "SELECT pg_sleep(5)"`,
  `-c "SELECT pg_replication_slot_advance('payments_outbox', pg_current_wal_lsn())"`,
  `-c "ROLLBACK"`,
].join(' ');
const DELETE_INDEX =
  'docker compose exec -T elasticsearch curl -sS -X DELETE http://127.0.0.1:9200/payments-v1';
