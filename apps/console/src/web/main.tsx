import './main.css';
import { render } from 'preact';

const root = document.getElementById('app');
if (root) render(<p>effectively-once</p>, root);
