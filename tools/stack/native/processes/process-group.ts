/**
 * Every process of the stack leads a group of its own, so that Ctrl-C in the terminal reaches only
 * the supervisor, and whatever a server has started itself can be ended together with it.
 */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): void {
  ifItExists(() => process.kill(-leaderPid, signal));
}

export function signalLeader(pid: number, signal: NodeJS.Signals): void {
  ifItExists(() => process.kill(pid, signal));
}

function ifItExists(send: () => void): void {
  try {
    send();
  } catch (error) {
    // Gone is what we wanted. (On macOS a group of zombies answers EPERM.)
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
