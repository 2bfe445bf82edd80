import { existsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * A folder of token files. Without it, a process has no active failure points (see
 * `failurePoints`).
 */
export const failurePointsFolder = z.string().min(1).optional();

/**
 * Fault injection: kills a process by SIGKILL at a named point, once. If the folder has a file
 * `<app>.<point>`, the first process that reaches the point deletes the file and dies. Without a
 * folder the points do nothing.
 *
 * Tests use it to see what a crash leaves behind. The file is deleted first, so that the process
 * that the supervisor starts instead does not die too.
 */
export function failurePoints(app: string, folder: string | undefined): (point: string) => void {
  if (folder === undefined) return () => undefined;
  return (point) => {
    const token = join(folder, `${app}.${point}`);
    // Nearly always. An error that is thrown and caught would cost ten times as much.
    if (!existsSync(token)) return;
    try {
      unlinkSync(token);
    } catch {
      // Another process of this app was faster.
      return;
    }
    process.kill(process.pid, 'SIGKILL');
  };
}
