import { text } from './svg.js';

/** About the width of a letter of the small text, to place names without a font. */
const LETTER = 7;
const MARK = 14;
const HEIGHTS = { block: 8, line: 4 };

/**
 * The names of the series with their colours, in one line.
 *
 * @param place.x of its left end.
 * @param place.y of the text's baseline.
 */
export function legend(
  names: readonly string[],
  place: { x: number; y: number; mark: keyof typeof HEIGHTS },
): string[] {
  const { y, mark } = place;
  const height = HEIGHTS[mark];
  const top = mark === 'block' ? y - 8 : y - 7;
  let x = place.x;
  return names.flatMap((name, n) => {
    const parts = [
      `<rect class="fill${n}" x="${x}" y="${top}" width="${MARK}" height="${height}" rx="2"/>`,
      text(name, { x: x + 20, y, look: 'text small' }),
    ];
    x += 20 + name.length * LETTER + 16;
    return parts;
  });
}
