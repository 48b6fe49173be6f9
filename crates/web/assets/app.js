// Makes pages more comfortable; every page works without it.
// Three things: a form is not sent twice, a living region looks again by itself, lists and decisions have keys.
(() => {
  'use strict';

  // A form that is on its way says so, and a second press does nothing.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'yes';
    for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
  });
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
    }
  });

  // What is wrong with a form is read out first.
  document.querySelector('.again')?.focus();

  // A region marked data-living is fetched again every few seconds; its age is shown.
  const living = document.querySelector('[data-living]');
  if (living) {
    const seconds = Number(living.dataset.living) || 5;
    const age = document.querySelector('[data-age]');
    let last = Date.now();
    const look = async () => {
      if (document.hidden || living.contains(document.activeElement)) return;
      try {
        const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const next = page.querySelector('[data-living]');
        if (!next) return;
        living.replaceChildren(...next.childNodes);
        last = Date.now();
      } catch { /* The age says how old it is. */ }
    };
    const tell = () => {
      if (!age) return;
      const old = Math.round((Date.now() - last) / 1000);
      age.textContent = age.dataset.age.replace('{n}', String(old));
      age.dataset.old = old > 4 * seconds ? 'yes' : 'no';
    };
    setInterval(look, seconds * 1000);
    setInterval(tell, 1000);
    tell();
  }

  // j and k walk through a queue, Enter opens, ? says so.
  const rows = () => [...document.querySelectorAll('[data-queue] tbody tr')];
  let at = -1;
  const choose = (n) => {
    const all = rows();
    if (all.length === 0) return;
    at = Math.max(0, Math.min(all.length - 1, n));
    all.forEach((row, i) => row.classList.toggle('chosen', i === at));
    all[at].querySelector('a')?.focus();
    all[at].scrollIntoView({ block: 'nearest' });
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest('input, select, textarea, [contenteditable]')) return;
    // What a page offers under a key of its own is pressed.
    const own = document.querySelector(`[data-key~="${CSS.escape(event.key)}"]`);
    if (own) { event.preventDefault(); own.click(); return; }
    if (event.key === 'j' && document.querySelector('[data-queue]')) choose(at + 1);
    else if (event.key === 'k' && document.querySelector('[data-queue]')) choose(at - 1);
    else if (event.key === '/' && document.querySelector('input[type="search"]')) {
      event.preventDefault();
      document.querySelector('input[type="search"]').focus();
    } else if (event.key === '?') document.querySelector('dialog.keys')?.showModal();
  });
})();
