// The queue of the doubtful, cleared with the keyboard alone; new facts on both sides of a merge, taken apart again.

import assert from 'node:assert/strict';
import { chapters } from '../harness/journey.mjs';
import { report, search } from './steps.mjs';

/** So many pairs in which one telephone has two people, or one whose name is missing. */
const PAIRS = 12;
const phone = (n) => `139000800${String(n).padStart(2, '0')}`;

export function theQueue(journey) {
  const chapter = chapters(journey);

  chapter('a queue is cleared by keys alone: the same, two people, later', async ({ as, sessions, axe, shot }) => {
    const before = (await sessions.desk.get('/pairs')).waiting;
    for (let n = 0; n < PAIRS; n += 1) {
      for (const name of [`邹甲${'一二三四五六七八九十百千'[n]}`, '']) {
        await sessions.desk.post('/inbox/new', { name, phone: phone(n), symptoms: ['cough'], area_code: '990101001001' });
      }
    }
    const desk = await as('desk');
    await desk.goto('/pairs');
    const waiting = async () => Number((await desk.getByText(/待判定 \d+ 对/).first().innerText()).match(/\d+/)[0]);
    const first = await waiting();
    // Stories told before may have left people whom one of these is like.
    assert.ok(first >= before + PAIRS, `${first} pairs wait`);
    await axe(desk);
    await shot(desk, 'queue by keyboard');
    const begun = Date.now();
    for (let left = first; left > 0; left -= 1) {
      // Whoever has a name and whoever has none cannot be told apart by more: every other is one person.
      await Promise.all([desk.waitForNavigation(), desk.keyboard.press(left % 2 ? '1' : '2')]);
      await desk.getByText('✓ 已判定。').waitFor();
      if (left > 1) assert.equal(await waiting(), left - 1);
    }
    await desk.getByText('目前没有待判定的疑似重复。').waitFor();
    console.log(`queue: ${first} decided, ${Math.round((Date.now() - begun) / first)} ms each from key to the next pair`);
    await axe(desk);
  });

  chapter('merged, both sides get new facts; taken apart, each keeps its own', async ({ page, as }) => {
    const resident = await page({ viewport: 'phone', scripts: false });
    const who = { name: '邹双', phone: '13900080088' };
    await report(resident, { ...who, note: '甲的第一次' });
    await report(resident, { ...who, note: '乙的第一次' });
    const desk = await as('desk');
    assert.equal(await search(desk, who.phone), 1);
    await desk.getByRole('link', { name: who.name }).click();
    const path = new URL(desk.url()).pathname;
    const records = await desk.locator('a[href^="/inbox/0"]').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    assert.equal(records.length, 2);
    // A third report joins the merged file; a correction is put to what the second brought.
    await report(resident, { ...who, symptoms: ['咳嗽'], note: '丙的第一次' });
    await desk.goto(`${path}?purpose=intake`);
    await desk.getByText('丙的第一次', { exact: true }).waitFor();
    for (let left = await desk.getByRole('button', { name: '拆分' }).count(); left > 0; left -= 1) {
      await desk.getByRole('button', { name: '拆分' }).first().click();
      await desk.getByText('✓ 已拆分，各自保留原来的记录。').waitFor();
      await desk.goto(`${path}?purpose=intake`);
    }
    assert.equal(await search(desk, who.phone), 3);
    const files = await desk.locator('tbody th a').evaluateAll((links) => links.map((link) => link.href));
    const notes = [];
    for (const file of files) {
      await desk.goto(file);
      notes.push(...(await desk.getByText(/^[甲乙丙]的第一次$/).allInnerTexts()));
    }
    assert.deepEqual(notes.sort(), ['丙的第一次', '乙的第一次', '甲的第一次']);
  });
}
