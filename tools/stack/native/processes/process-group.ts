/**
 * Every process of the stack leads its own process group. So Ctrl-C in the terminal reaches only
 * the supervisor, and the supervisor can end a server together with its child processes.
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
    // The process has ended, as wanted. (On macOS a group of zombie processes answers EPERM.)
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
