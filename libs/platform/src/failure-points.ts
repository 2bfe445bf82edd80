import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** A folder of tokens. Only a process started with it can be made to die (see `failurePoints`). */
export const failurePointsFolder = z.string().min(1).optional();

/**
 * Makes a process die by SIGKILL at a named point, once: when a file `<app>.<point>` lies in the folder,
 * the process that reaches the point first deletes it and dies. Without a folder the points do nothing.
 *
 * For tests of what a crash leaves behind. Deleting comes first, so that the process a supervisor starts
 * in its place goes on.
 */
export function failurePoints(app: string, folder: string | undefined): (point: string) => void {
  if (folder === undefined) return () => undefined;
  return (point) => {
    try {
      unlinkSync(join(folder, `${app}.${point}`));
    } catch {
      // No such token: nobody asked for a death here.
      return;
    }
    process.kill(process.pid, 'SIGKILL');
  };
}
