'use strict';
(() => {
  const svg = document.documentElement;
  const SVG = 'http://www.w3.org/2000/svg';
  addEventListener('DOMContentLoaded', () => {
    const width = svg.viewBox.baseVal.width;
    const pad = 10;
    const space = width - 2 * pad;
    const perCharacter = +svg.dataset.fontwidth;
    const details = document.getElementById('details');
    const frames = [...document.querySelectorAll('#frames > g')].map((g) => {
      const [title, rect, text] = g.children;
      const full = title.textContent;
      return {
        g, rect, text, full,
        name: full.slice(0, full.lastIndexOf(' (', full.lastIndexOf('%'))),
        x: +rect.getAttribute('x'), w: +rect.getAttribute('width'),
        y: +rect.getAttribute('y'), fill: rect.getAttribute('fill'),
      };
    });
    const show = (frame, left, scale) => {
      const x = Math.max(pad, pad + (frame.x - left) * scale);
      const end = Math.min(pad + space, pad + (frame.x + frame.w - left) * scale);
      const visible = end - x > 0.05;
      frame.g.setAttribute('display', visible ? 'inline' : 'none');
      if (!visible) return;
      frame.rect.setAttribute('x', x);
      frame.rect.setAttribute('width', end - x);
      frame.text.setAttribute('x', x + 3);
      const fit = Math.floor((end - x) / perCharacter);
      frame.text.textContent = fit < 3 || frame === frames[0] ? ''
        : frame.name.length <= fit ? frame.name : frame.name.slice(0, fit - 2) + '..';
    };
    const zoom = (frame) => frames.forEach((f) => show(f, frame.x, space / frame.w));
    const button = (label, x, action) => {
      const text = document.createElementNS(SVG, 'text');
      text.textContent = label;
      text.setAttribute('x', x);
      text.setAttribute('y', document.getElementById('title').getAttribute('y'));
      text.style.cursor = 'pointer';
      text.addEventListener('click', action);
      svg.append(text);
      return text;
    };
    button('Reset Zoom', pad, () => zoom(frames[0]));
    const search = button('Search', width - pad - 100, () => {
      const term = prompt('Search for (part of a name or a regular expression)', '');
      if (term === null) return;
      let matches = (name) => name.includes(term);
      try {
        const pattern = new RegExp(term);
        matches = (name) => pattern.test(name);
      } catch { /* not a pattern: taken as plain text */ }
      let found = 0;
      let end = -1;
      for (const frame of frames) {
        const hit = term !== '' && matches(frame.name);
        frame.rect.setAttribute('fill', hit ? svg.dataset.searchcolor : frame.fill);
        if (hit && frame.x >= end - 0.001) {
          found += frame.w;
          end = frame.x + frame.w;
        }
      }
      search.textContent = term === '' ? 'Search' : `Matched: ${(100 * found / space).toFixed(1)}%`;
    });
    for (const frame of frames) {
      frame.g.style.cursor = 'pointer';
      frame.g.addEventListener('click', () => zoom(frame));
      frame.g.addEventListener('mouseover', () => {
        details.textContent = `${svg.dataset.nametype} ${frame.full}`;
      });
    }
  });
})();
