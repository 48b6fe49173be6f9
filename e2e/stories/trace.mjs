// Who reads a file says why, and whoever reads it next sees that.

import assert from 'node:assert/strict';
import { chapters } from '../harness/journey.mjs';
import { report, search } from './steps.mjs';

const PERSON = { name: '郑重', phone: '13900050001' };

export function readersTrace(journey) {
  const chapter = chapters(journey);
  let path;

  chapter('a file is opened for a purpose, and the reading is listed for the next reader', async ({ page, as, axe, fits, shot }) => {
    await report(await page({ viewport: 'phone' }), PERSON);
    const desk = await as('desk');
    await search(desk, PERSON.phone);
    path = new URL(await desk.getByRole('link', { name: PERSON.name }).evaluate((link) => link.href)).pathname;
    await desk.goto(path);
    await desk.getByText('打开个人档案前请说明目的').waitFor();
    assert.equal(await desk.getByText(PERSON.phone).count(), 0);
    await axe(desk);
    await shot(desk, 'trace purpose asked');
    await desk.getByLabel('研判').check();
    await desk.getByRole('button', { name: '打开档案' }).click();
    await desk.getByText('查看目的：研判').waitFor();
    await desk.getByText(PERSON.phone).first().waitFor();

    const next = await as('assessor');
    await next.goto(`${path}?purpose=assessment`);
    const readings = next.locator('section').filter({ has: next.getByRole('heading', { name: '谁看过' }) });
    const line = readings.getByRole('listitem').filter({ hasText: '示范区疫情防控指挥部' });
    await line.filter({ hasText: '研判' }).first().waitFor();
    await axe(next);
    await fits(next);
    await shot(next, 'trace readings');
  });

  chapter('a purpose that the post does not have opens nothing', async ({ as, axe }) => {
    const desk = await as('desk');
    await desk.goto(`${path}?purpose=measure_work`);
    assert.equal(await desk.getByText(PERSON.phone).count(), 0);
    await desk.getByRole('button', { name: '打开档案' }).waitFor();
    await axe(desk);
  });

  chapter('an account elsewhere does not learn that the file exists', async ({ as, axe }) => {
    const away = await as('elsewhere');
    const answer = await away.goto(`${path}?purpose=intake`);
    const nobody = await away.request.get('/people/00000000-0000-7000-8000-000000000000?purpose=intake');
    assert.deepEqual([answer.status(), nobody.status()], [404, 404]);
    assert.equal(await away.getByText(PERSON.phone).count(), 0);
    assert.equal(await search(away, PERSON.phone), 0);
    await axe(away);
  });

  chapter('an administrator keeps accounts and opens no file', async ({ as, axe, shot }) => {
    const admin = await as('admin');
    for (const purpose of ['administration', 'intake', 'assessment']) {
      const answer = await admin.goto(`${path}?purpose=${purpose}`);
      assert.ok([403, 404].includes(answer.status()), `${purpose}: ${answer.status()}`);
      assert.equal(await admin.getByText(PERSON.phone).count(), 0);
    }
    await axe(admin);
    await shot(admin, 'trace admin refused');
    await admin.goto('/users');
    assert.equal(await admin.getByRole('navigation', { name: '菜单' }).getByText('查找人员').count(), 0);
  });

  chapter('the auditor finds the reading in the trail', async ({ as, axe, fits, shot }) => {
    const auditor = await as('auditor');
    await auditor.goto('/audit?action=people.read');
    await auditor.getByRole('row').filter({ hasText: '戴淑兰' }).filter({ hasText: '研判' }).first().waitFor();
    assert.equal(await auditor.getByText(PERSON.name).count(), 0);
    await axe(auditor);
    await fits(auditor);
    await shot(auditor, 'trace audit');
    await auditor.getByRole('button', { name: '校验审计链' }).click();
    await auditor.getByText('全部一致').waitFor();
    await axe(auditor);
  });
}
