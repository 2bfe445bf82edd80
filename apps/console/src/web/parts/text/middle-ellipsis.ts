/**
 * Shortens a long text in its middle: ids differ most at their end. Never cuts a character that
 * takes two code units in half.
 */
export function middleEllipsis(text: string, charactersMax: number): string {
  const characters = Array.from(text);
  if (characters.length <= charactersMax) return text;
  const kept = Math.max(2, charactersMax - 1);
  const head = Math.ceil(kept / 2);
  return `${characters.slice(0, head).join('')}…${characters.slice(-(kept - head)).join('')}`;
}
