import gifenc from 'gifenc';
import { PNG } from 'pngjs';

/** One picture of the animation, and how long it is shown. */
export interface Frame {
  png: Buffer;
  showMs: number;
}

const COLOURS_MAX = 256;

/**
 * An animated GIF that repeats for ever. All frames must have the size of the first.
 * https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 */
export function animatedGif(frames: Frame[]): Uint8Array {
  const gif = gifenc.GIFEncoder();
  for (const { png, showMs } of frames) {
    const { data, width, height } = PNG.sync.read(png);
    const palette = gifenc.quantize(data, COLOURS_MAX);
    const pixels = gifenc.applyPalette(data, palette);
    gif.writeFrame(pixels, width, height, { palette, delay: showMs, repeat: 0 });
  }
  gif.finish();
  return gif.bytes();
}
