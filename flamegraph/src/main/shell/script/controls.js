// The bar above the frames, the details below them, and the menu of a frame: XHTML inside the SVG.

function html(name, properties, ...children) {
  const element = document.createElementNS(HTML_NS, name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function foreign(id, content) {
  const element = svgElement('foreignObject', content);
  element.setAttribute('class', id);
  element.setAttribute('x', 0);
  element.setAttribute('y', 0);
  element.setAttribute('height', 1);
  svg.append(element);
  return element;
}

// The details grow upwards to at most this height, over the frames as far as these have not made room: the
// pointer reaches those through them. As style.css has it.
const FOOT = 96;

/** The controls; actions are called by name. */
function makeControls(actions) {
  // A sign is no name to those who hear it.
  const button = (name, label, hint) => html('button', {
    type: 'button', title: hint, 'data-action': name, onclick: () => actions[name](),
    'aria-label': label.length > 2 ? label : hint.replace(/ \(.*/, ''),
  }, label);
  const toggle = (name, label, hint) => {
    const element = button(name, label, hint);
    element.setAttribute('aria-pressed', 'false');
    return element;
  };
  const input = html('input', {
    type: 'search', placeholder: 'Search names (regular expression)', 'aria-label': 'Search names',
    title: 'Search names (/)', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off',
    oninput: () => actions.search(input.value),
  });
  const matched = html('output', { class: 'matched', 'aria-live': 'polite' });
  const title = html('h1', {}, svg.querySelector('#title')?.textContent || '');
  const subtitle = html('p', {}, svg.querySelector('#subtitle')?.textContent || '');
  const bar = html('div', { class: 'bar' }, title, subtitle,
    html('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Flame graph' },
      html('span', { class: 'group search', role: 'search' }, input,
        toggle('ignoreCase', 'Aa', 'Ignore case (Ctrl+I)'),
        button('previousMatch', '\u2039', 'Previous match (Shift+N)'),
        button('nextMatch', '\u203a', 'Next match (N)'), matched),
      html('span', { class: 'group' },
        button('back', 'Back', 'Undo the last zoom, hide or toggle (Backspace)'),
        button('reset', 'Reset', 'Show everything again (0)'),
        toggle('icicle', 'Icicle', 'Root at the top (I)'),
        toggle('reversed', 'Callers', 'Read stacks from their end: who calls this (R)')),
      html('span', { class: 'group' },
        toggle('focus', 'Focus', 'Merge all calls of the selected function (F)'),
        button('hide', 'Hide', 'Hide the selected frame (H)'),
        button('keep', 'Keep', 'Hide everything but the selected frame (K)'),
        button('copy', 'Copy', 'Copy the stack of the selected frame (C)'),
        button('help', '?', 'Keys (?)'))));
  if (!subtitle.textContent) subtitle.remove();
  const status = html('div', { class: 'details', role: 'status', 'aria-live': 'polite' });
  const dialogText = html('textarea', { readonly: '', rows: '22', 'aria-label': 'Text' });
  const dialog = html('div', { class: 'dialog', role: 'dialog', 'aria-modal': 'true', hidden: '' },
    dialogText, html('button', { type: 'button', onclick: () => actions.closeDialog() }, 'Close'));
  let width = 1;
  let windowWidth = innerWidth;
  let headerTop = 0;
  let headerHeight = 0;
  let footerHeight = 0;
  const put = (element, y, height) => {
    element.setAttribute('width', width);
    element.setAttribute('y', y);
    element.setAttribute('height', Math.max(1, height));
  };
  const placeDialog = () => {
    const height = dialog.hasAttribute('hidden') ? 1 : dialog.getBoundingClientRect().height;
    put(controls.overlay, headerTop + headerHeight + 10, height);
  };
  const controls = {
    bar, status, input,
    header: foreign('header', bar),
    footer: foreign('footer', html('div', { class: 'foot' }, status)),
    overlay: foreign('overlay', dialog),
    setMatched(text) { matched.textContent = text; },
    setPressed(name, pressed) {
      bar.querySelector(`[data-action=${name}]`).setAttribute('aria-pressed', String(pressed));
    },
    setDisabled(name, disabled) {
      bar.querySelector(`[data-action=${name}]`).disabled = disabled;
    },
    setDetails(parts) {
      status.replaceChildren(...parts.map((part) => html('bdi', {}, part)));
    },
    showDialog(name, text, select) {
      dialog.setAttribute('aria-label', name);
      dialogText.value = text;
      dialog.removeAttribute('hidden');
      placeDialog();
      dialogText.focus();
      dialogText.setSelectionRange(0, select ? text.length : 0);
      dialogText.scrollTop = 0;
    },
    closeDialog() {
      const open = !dialog.hasAttribute('hidden');
      dialog.setAttribute('hidden', '');
      placeDialog();
      return open;
    },
    headerHeight: () => headerHeight,
    footerHeight: () => footerHeight,
    /** Reads how high the bars have become. */
    measure() {
      headerHeight = Math.ceil(bar.getBoundingClientRect().height);
      // Never less than before: frames that moved to and fro would leave the pointer again and again.
      footerHeight = Math.max(footerHeight, Math.ceil(status.getBoundingClientRect().height));
      windowWidth = document.documentElement.clientWidth || innerWidth;
    },
    /** Keeps the bars in the window while the picture scrolls. */
    place(top, wide, height) {
      width = Math.max(1, Math.min(wide, windowWidth));
      headerTop = Math.max(0, -top);
      const bottom = Math.min(height, innerHeight - top);
      put(controls.header, headerTop, headerHeight);
      put(controls.footer, Math.max(headerTop, bottom - FOOT), FOOT);
      placeDialog();
    },
  };
  return controls;
}

const HELP = `Click a frame to zoom into it. On a touch screen tap it to select, tap again to zoom.

Arrow keys  move between frames
Enter       zoom
Escape      show the whole picture
Backspace   undo the last step
0           undo everything
/           search names
n, N        next, previous match
i           root at the top or bottom
r           read stacks from their end
f           merge all calls of a function
h           hide the selected frame
k           keep only the selected frame
c           copy the selected stack

Search takes regular expressions. "Matched" counts what topmost matches cover. A hatched bar stands for frames too narrow to draw: zoom into it to see them. The address in the browser leads back to the frame shown.`;
