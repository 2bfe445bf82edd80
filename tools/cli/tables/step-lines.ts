const LINE_EVERY = 10_000;

/**
 * The steps of a long command, one line each, and its progress: on a terminal one line that is
 * overwritten, elsewhere a line for every ten thousand and the last one.
 */
export function stepLines(
  out: { write: (text: string) => unknown; isTTY?: boolean },
  command: string,
): {
  onStep: (step: string) => void;
  /** `total` is undefined while it is not known. */
  onProgress: (what: string, done: number, total?: number) => void;
  /** Ends the overwritten line, before something else is printed. */
  endLine: () => void;
} {
  let isOpen = false;
  let shown = '';
  const endLine = () => {
    if (isOpen) out.write('\n');
    isOpen = false;
  };
  return {
    endLine,
    onStep: (step) => {
      endLine();
      out.write(`${command}: ${step}\n`);
    },
    onProgress: (what, done, total) => {
      const isLast = done === total;
      const line = `${done}${total === undefined ? '' : ` of ${total}`} ${what}`;
      if (out.isTTY) {
        out.write(`\r${line}`);
        isOpen = true;
        if (isLast) endLine();
        return;
      }
      const mark = isLast ? line : `${what} ${Math.floor(done / LINE_EVERY)}`;
      const isWorthALine = isLast || done >= LINE_EVERY;
      if (mark === shown || !isWorthALine) return;
      shown = mark;
      out.write(`${command}: ${line}\n`);
    },
  };
}
