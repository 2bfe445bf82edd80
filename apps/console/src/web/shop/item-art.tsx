import type { ItemArt } from './basket.js';

/** The pictures of the items: a few strokes, so that they need no request and no licence. */
export function ItemPicture({ art }: { art: ItemArt }) {
  return (
    <svg class="item-art" viewBox="0 0 48 48" aria-hidden="true">
      {art === 'cup' ? <Cup /> : art === 'book' ? <Book /> : <Plant />}
    </svg>
  );
}

const Cup = () => (
  <>
    <path class="fill" d="M12 20h20v9a8 8 0 0 1-8 8h-4a8 8 0 0 1-8-8z" />
    <path d="M12 20h20v9a8 8 0 0 1-8 8h-4a8 8 0 0 1-8-8zM32 22h2.5a4 4 0 0 1 0 8H32" />
    <path d="M18 15c0-2 2-2 2-4M24 15c0-2 2-2 2-4" />
  </>
);

const Book = () => (
  <>
    <path class="fill" d="M14 10h20v28H14z" />
    <path d="M14 10h20v28H14zM19 10v28M23 18h7M23 23h7" />
  </>
);

const Plant = () => (
  <>
    <path class="fill" d="M16 28h16l-2 10H18z" />
    <path d="M16 28h16l-2 10H18zM24 28V17M24 22c-6 0-9-3-9-8 6 0 9 3 9 8M24 19c0-5 3-8 8-8 0 5-3 8-8 8" />
  </>
);
