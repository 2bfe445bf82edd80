import { effect, signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STORED = 'theme';
const stored = localStorage.getItem(STORED);

export const theme = signal<Theme>(THEMES.find((each) => each === stored) ?? 'system');

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  localStorage.setItem(STORED, theme.value);
});
