// Cuts docs/runbook.md into its sections, as small trees that the page renders as elements. So the
// browser needs no Markdown parser, and nothing is ever inserted as HTML: what has no type below
// fails the build.
import { marked } from 'marked';

/** As GitHub makes it of a heading. */
export const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replace(/ /g, '-');

/**
 * @param {string} markdown the whole runbook
 * @returns a section for each heading, in order
 */
export function runbookSections(markdown) {
  const sections = [];
  for (const token of marked.lexer(markdown)) {
    if (token.type === 'space') continue;
    if (token.type === 'heading') {
      sections.push({ anchor: anchorOf(token.text), title: token.text, blocks: [] });
    } else sections.at(-1).blocks.push(block(token));
  }
  return sections;
}

function block(token) {
  switch (token.type) {
    case 'paragraph':
      return { type: 'paragraph', inline: inlines(token.tokens) };
    case 'code':
      return { type: 'code', text: token.text };
    case 'list':
      return { type: 'list', items: token.items.map(({ tokens }) => tokens.flatMap(itemInlines)) };
    case 'table':
      return {
        type: 'table',
        head: token.header.map(({ tokens }) => inlines(tokens)),
        rows: token.rows.map((row) => row.map(({ tokens }) => inlines(tokens))),
      };
    default:
      throw new Error(`the runbook has a ${token.type}, which the page cannot show: ${token.raw}`);
  }
}

function itemInlines(token) {
  if (token.type === 'text' || token.type === 'paragraph') return inlines(token.tokens);
  throw new Error(`a list of the runbook holds a ${token.type}: ${token.raw}`);
}

const inlines = (tokens) => tokens.map(inline);

function inline(token) {
  switch (token.type) {
    case 'text':
    case 'escape':
      return unescaped(token.text);
    case 'codespan':
      return { type: 'code', text: token.text };
    case 'strong':
    case 'em':
      return { type: 'strong', inline: inlines(token.tokens) };
    case 'link':
      return { type: 'link', href: allowed(token.href), inline: inlines(token.tokens) };
    default:
      throw new Error(`the runbook has a ${token.type}, which the page cannot show: ${token.raw}`);
  }
}

/** To another section, or to a page of the web. Prometheus and Alertmanager are on this machine. */
function allowed(href) {
  if (/^#[\w-]+$/.test(href) || /^https:\/\//.test(href) || /^http:\/\/localhost:\d+/.test(href)) {
    return href;
  }
  throw new Error(`the runbook links to ${href}`);
}

// The lexer escapes some text for HTML, which this is not.
const ENTITIES = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
const unescaped = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (one) => ENTITIES[one]);
