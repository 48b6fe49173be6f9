// One person, two reports: joined by what they share, taken apart, joined by hand.

import assert from 'node:assert/strict';
import { chapters } from '../harness/journey.mjs';
import { report, search } from './steps.mjs';

const TWICE = { name: '赵敏', phone: '13900020001' };
const NAMELESS = { name: '', phone: '13900020001' };

export function mergeAndUnmerge(journey) {
  const chapter = chapters(journey);

  chapter('two reports under one name and phone number become one file', async ({ page, as, axe, fits, shot }) => {
    const phone = await page({ viewport: 'phone', scripts: false });
    await report(phone, { ...TWICE, note: '第一次' });
    await report(phone, { ...TWICE, symptoms: ['咳嗽'], note: '第二次' });
    const desk = await as('desk');
    assert.equal(await search(desk, TWICE.phone), 1);
    await axe(desk);
    await desk.getByRole('link', { name: TWICE.name }).click();
    await desk.getByText('同一人 · 电话和姓名相同').waitFor();
    assert.equal(await sources(desk), 2);
    await axe(desk);
    await fits(desk);
    await shot(desk, 'merge one file');
  });

  chapter('taken apart by the link, the two files stand apart with what each brought', async ({ as, axe }) => {
    const desk = await as('desk');
    await search(desk, TWICE.phone);
    await desk.getByRole('link', { name: TWICE.name }).click();
    await desk.getByRole('button', { name: '拆分' }).click();
    await desk.getByText('✓ 已拆分，各自保留原来的记录。').waitFor();
    assert.equal(await search(desk, TWICE.phone), 2);
    const notes = [];
    for (const file of await files(desk)) {
      await desk.goto(file);
      assert.equal(await sources(desk), 1);
      notes.push(...(await desk.getByText(/^第[一二]次$/).allInnerTexts()));
    }
    assert.deepEqual(notes.sort(), ['第一次', '第二次']);
    await axe(desk);
  });

  chapter('merged by hand with the address of the other file', async ({ as, axe, shot }) => {
    const desk = await as('desk');
    await search(desk, TWICE.phone);
    const [one, other] = await files(desk);
    await desk.goto(one);
    await desk.locator('summary', { hasText: '与另一份档案合并' }).click();
    await desk.getByLabel('另一份档案').fill(other);
    await desk.getByRole('button', { name: '与另一份档案合并' }).click();
    await desk.getByText('✓ 已合并').waitFor();
    assert.equal(await sources(desk), 2);
    await axe(desk);
    await shot(desk, 'merge by hand');
    assert.equal(await search(desk, TWICE.phone), 1);
  });

  chapter('what is doubtful waits in the queue, and somebody decides', async ({ page, as, axe, fits, shot }) => {
    await report(await page({ viewport: 'phone' }), NAMELESS);
    const desk = await as('desk');
    await desk.goto('/pairs');
    const pair = desk.locator('section').filter({ hasText: TWICE.phone });
    await pair.getByText('相同之处：电话相同').waitFor();
    await axe(desk);
    await fits(desk);
    await shot(desk, 'merge pairs');
    // By keyboard: two people, taken back, two people.
    await desk.keyboard.press('2');
    await desk.getByText('✓ 已判定。').waitFor();
    await desk.getByText('目前没有待判定的疑似重复。').waitFor();
    await desk.keyboard.press('0');
    await desk.getByText('✓ 已撤销，这一对重新等待判定。').waitFor();
    await pair.getByText('相同之处：电话相同').waitFor();
    await pair.getByRole('button', { name: '不是同一个人' }).click();
    await desk.getByText('✓ 已判定。').waitFor();
    assert.equal(await search(desk, TWICE.phone), 2);
  });
}

const sources = (page) => page.locator('a[href^="/inbox/0"]').count();

const files = (page) =>
  page.locator('tbody th a').evaluateAll((links) => links.map((link) => link.href));
