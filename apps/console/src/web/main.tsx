import './styles/main.css';
import './parts/theme.js';
import { render } from 'preact';
import { App } from './app.js';
import { keepStreamOpen } from './live/live.js';

const root = document.getElementById('app');
// Preact renders behind what is there. The first paint has done its work.
root?.replaceChildren();
if (root) render(<App />, root);
keepStreamOpen();
