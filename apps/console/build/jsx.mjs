// What esbuild makes of JSX: h(name, attributes, ...children). The automatic runtime writes
// `children:` into every element, which is 0.8 kB more of the page, gzipped.
export { Fragment, h } from 'preact';
