// The end of a response: closed by one, an exception assessed and confirmed by another, everything
// else destroyed, and what the auditor finds afterwards.

import assert from 'node:assert/strict';
import { chapters } from '../harness/journey.mjs';
import { day } from '../harness/world.mjs';
import { search } from './steps.mjs';

const RESPONSE = { code: 'noro-end', title: '诺如病毒聚集性疫情', title_en: 'Norovirus cluster' };
const GUEST = { name: '终止甲', phone: '13900070001' };
const card = (page) => page.locator(`#r-${RESPONSE.code}`);

export function theClosing(journey) {
  const chapter = chapters(journey);
  const told = {};

  chapter('a response is opened, and the desk takes in somebody for it', async ({ as, sessions }) => {
    const bureau = await as('bureau');
    await bureau.goto('/responses');
    const form = bureau.locator('section').filter({ has: bureau.getByRole('heading', { name: '启动响应' }) });
    await form.getByLabel('编号').fill(RESPONSE.code);
    await form.getByLabel('病种').selectOption('norovirus');
    await form.getByLabel('中文标题').fill(RESPONSE.title);
    await form.getByLabel('英文标题').fill(RESPONSE.title_en);
    await form.getByRole('button', { name: '启动响应' }).click();
    await card(bureau).getByText('进行中').waitFor();
    const said = { ...GUEST, response: RESPONSE.code, symptoms: ['vomiting'], onset_on: day(1), area_code: '990101001001' };
    await sessions.desk.post('/inbox/new', said);
  });

  chapter('the bureau sees what becomes of it, closes it and proposes an exception', async ({ as, axe, fits, shot }) => {
    const bureau = await as('bureau');
    await bureau.goto('/responses');
    await card(bureau).getByRole('link', { name: '终止与销毁' }).click();
    told.page = new URL(bureau.url()).pathname;
    await bureau.getByText('应急处置中收集的其他个人信息').waitFor();
    await bureau.getByRole('button', { name: '终止响应' }).click();
    await bureau.goto(told.page);
    await bureau.locator('summary', { hasText: '申请例外保存' }).click();
    await bureau.getByLabel('数据类别').selectOption('emergency');
    await bureau.getByLabel('理由').selectOption('evidence');
    await bureau.getByLabel('保存至').fill(day(-300));
    await bureau.getByLabel('合法性').fill('行政诉讼已受理');
    await bureau.getByLabel('必要性').fill('处置过程的证据');
    await bureau.getByLabel('安全性').fill('仅法制科可查阅');
    await axe(bureau);
    await bureau.getByRole('button', { name: '申请例外保存' }).click();
    await bureau.getByText('由您申请，须由他人复核').waitFor();
    await bureau.getByText('由您终止，须由他人下令销毁').waitFor();
    assert.equal(await bureau.getByRole('button', { name: '销毁个人信息' }).count(), 0);
    await fits(bureau);
    await shot(bureau, 'closing proposed');
  });

  chapter('a colleague confirms the exception and has the rest destroyed; the certificate says so', async ({ as, page, axe, fits, shot }) => {
    const second = await as('bureau-two');
    await second.goto(told.page);
    await second.getByRole('button', { name: '销毁个人信息' }).click();
    await second.getByText('有保存申请尚未复核').waitFor();
    await second.goto(told.page);
    await second.getByRole('button', { name: '确认保存' }).click();
    await second.getByText('已确认').first().waitFor();
    await second.getByRole('button', { name: '销毁个人信息' }).click();
    await second.goto(told.page);
    await axe(second);
    await second.getByRole('link', { name: '查看销毁证明' }).click();
    await second.getByRole('heading', { name: '个人信息销毁证明' }).waitFor();
    await second.getByText('行政诉讼已受理').waitFor();
    assert.equal(await second.getByText(GUEST.name).count(), 0, 'a certificate names nobody');
    await axe(second);
    await fits(second);
    await shot(second, 'closing certificate');
    const phone = await as('bureau-two', { viewport: 'phone', language: 'en' });
    await phone.goto(told.page);
    await phone.getByText('Certificate of destruction').waitFor();
    await fits(phone);
    await shot(phone, 'closing phone en');
  });

  chapter('nobody finds the person any more, the auditor reads the copy, the trail is whole', async ({ as, axe, fits, shot }) => {
    const desk = await as('desk');
    assert.equal(await search(desk, GUEST.phone), 0);
    const auditor = await as('auditor');
    await auditor.goto(told.page);
    await auditor.getByRole('link', { name: '副本 1 份' }).click();
    await auditor.getByText(GUEST.name).waitFor();
    await axe(auditor);
    await fits(auditor);
    await shot(auditor, 'closing copy');
    await auditor.goto('/audit');
    await auditor.locator('table').getByText('查阅保存的副本').first().waitFor();
    await auditor.getByRole('button', { name: /校验/ }).click();
    await auditor.locator('p.done').waitFor();
  });
}
