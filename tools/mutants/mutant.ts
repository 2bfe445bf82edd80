/**
 * A few characters that hold a promise, and the test that notices when they are gone. A test that passes
 * either way guards nothing, however well it reads.
 */
export interface Guard {
  /** What goes wrong without it, as a person would put it. */
  removing: string;
  /** From the repository's root. */
  file: string;
  /** Exactly as it stands in the file, once. */
  text: string;
  replacement: string;
  test: NamedTest;
}

export interface NamedTest {
  file: string;
  title: string;
}

/** The tests of one file, by their titles. */
export const provedBy =
  (file: string) =>
  (title: string): NamedTest => ({ file, title });

export type GuardLevel = 'unit' | 'int';

export const levelOf = ({ test }: Guard): GuardLevel =>
  test.file.endsWith('.int.spec.ts') ? 'int' : 'unit';

/** @throws Error when the file has changed so that the guard is not there, or not only once. */
export function withoutGuard({ text, replacement, file }: Guard, content: string): string {
  const parts = content.split(text);
  if (parts.length === 2) return parts.join(replacement);
  throw new Error(`${file} has the guard's text ${parts.length - 1} times, not once:\n${text}`);
}
