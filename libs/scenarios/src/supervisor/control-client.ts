import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  controlAnswer,
  whyNoControlSocket,
  type ControlAnswer,
  type ControlRequest,
  type SupervisedFault,
} from './control-protocol.js';

/** The supervisor refused, or no supervisor answered. The message says what to do. */
export class ControlRefused extends Error {
  override readonly name = 'ControlRefused';
}

/**
 * Asks the supervisor of a running stack for something, and waits until it is done.
 * @throws ControlRefused
 */
export async function askSupervisor(socket: string, request: ControlRequest): Promise<void> {
  await answerOf(socket, request);
}

/** What the supervisor has broken on request, and has not repaired yet. @throws ControlRefused */
export async function brokenBySupervisor(socket: string): Promise<SupervisedFault[]> {
  const answer = await answerOf(socket, { command: 'list broken' });
  return 'broken' in answer ? answer.broken : [];
}

async function answerOf(
  socket: string,
  request: ControlRequest,
): Promise<Exclude<ControlAnswer, { refused: string }>> {
  const why = whyNoControlSocket(socket);
  if (why !== undefined) throw new ControlRefused(`cannot ${request.command} one app: ${why}`);
  const answer = await exchange(socket, request).catch((cause: Error) => {
    throw new ControlRefused(
      `the supervisor does not answer at ${socket} (${cause.message}); ` +
        'a stack of an older version has no such socket: npm stop, then npm start',
      { cause },
    );
  });
  if ('refused' in answer) throw new ControlRefused(answer.refused);
  return answer;
}

async function exchange(socket: string, request: ControlRequest): Promise<ControlAnswer> {
  const connection = connect(socket);
  try {
    await once(connection, 'connect');
    connection.write(`${JSON.stringify(request)}\n`);
    // The supervisor bounds the time of each request, so this waits as long as it takes.
    return controlAnswer.parse(JSON.parse(await text(connection)));
  } finally {
    connection.destroy();
  }
}
