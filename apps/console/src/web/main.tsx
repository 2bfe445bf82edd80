import './styles/main.css';
import './parts/theme.js';
import { render } from 'preact';
import { App } from './app.js';
import { keepStreamOpen } from './live/live.js';

const root = document.getElementById('app');
if (root) render(<App />, root);
keepStreamOpen();
