// The harness itself: a check that cannot fail shows nothing.

import assert from 'node:assert/strict';
import { installation } from '../harness/journey.mjs';

const sound = (body) =>
  `<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>${body}</main></html>`;

installation({ start: null }, (journey) => {
  journey('a sound page passes the accessibility check', async ({ page, axe, fits }) => {
    const opened = await page();
    await opened.setContent(sound('<p>Text</p>'));
    await axe(opened);
    await fits(opened);
  });

  journey('a field without a name fails the accessibility check', async ({ page, axe }) => {
    const opened = await page();
    await opened.setContent(sound('<input>'));
    await assert.rejects(axe(opened), /label/);
  });

  journey('a page wider than the phone fails', async ({ page, fits }) => {
    const opened = await page({ viewport: 'phone' });
    await opened.setContent(sound('<div style="width: 800px">Wide</div>'));
    await assert.rejects(fits(opened), /800|808/);
  });

  journey('a request to another host is noticed', async ({ page }) => {
    const opened = await page();
    await opened.setContent(sound('<img alt="" src="http://127.0.0.1:9/x.png">'));
    assert.match(opened.faults().join(), /asked another host/);
    opened.faults().length = 0;
  });
});
