// From a resident's report to the closed file: two looks, an organ's decision, the way through the
// levels, feedback at the door, and what the receipt says at the end.

import assert from 'node:assert/strict';
import { RESPONSE } from '../harness/contract.mjs';
import { day } from '../harness/world.mjs';

const PATIENT = { name: '王小明', phone: '13900010001', address: '花园路 8 号' };
const CONTACT = { name: '王丽', phone: '13900010002', address: '花园路 8 号' };

export function theLoop(journey) {
  const told = {};

  journey('the duty officer puts the approval for class A measures on record', async ({ as, axe }) => {
    const duty = await as('duty');
    await duty.goto('/responses');
    const card = duty.locator(`#r-${RESPONSE.code}`);
    await card.getByText('登记批准文件').click();
    await card.getByLabel('批准机关').fill('国务院（虚构）');
    await card.getByLabel('文号').fill('国函〔2026〕99号（虚构）');
    await card.getByLabel('起始日期').fill(day(30));
    await card.getByRole('button', { name: '登记批准文件' }).click();
    await card.getByText('国函〔2026〕99号').waitFor();
    await card.getByText('按甲类管理 ·').waitFor();
    await axe(duty);
  });

  journey('a resident reports from a phone without scripts and gets a receipt', async ({ page, axe, fits, shot }) => {
    const phone = await page({ viewport: 'phone', scripts: false });
    await phone.goto('/');
    await phone.getByRole('link', { name: '开始填写' }).click();
    await phone.getByLabel('发热').check();
    await phone.getByLabel('咳嗽').check();
    await phone.getByLabel('从哪天开始不舒服').fill(day(2));
    await phone.getByLabel('最高体温').fill('38.6');
    await phone.getByLabel('姓名').fill(PATIENT.name);
    await phone.getByLabel('电话').fill(PATIENT.phone);
    await phone.getByLabel('所在区域').selectOption({ label: '　　花园社区' });
    await phone.getByLabel('住址').fill(PATIENT.address);
    await phone.getByLabel('去过哪里').fill('示范活禽市场');
    await phone.getByLabel('从哪天', { exact: true }).fill(day(6));
    await phone.getByLabel('到哪天').fill(day(6));
    await fits(phone);
    await shot(phone, 'loop report phone');
    await phone.getByRole('button', { name: '提交报告' }).click();
    await phone.getByRole('heading', { name: '已收到您的报告' }).waitFor();
    told.receipt = await phone.locator('.receipt-number').innerText();
    assert.match(told.receipt, /\S{6,}/);
    assert.equal(await step(phone), '已收到');
    await fits(phone);
    await shot(phone, 'loop receipt received');
  });

  journey('the clinic confirms the illness of the same person and names who lives with them', async ({ as, axe, shot }) => {
    const clinic = await as('clinic');
    await clinic.goto('/inbox/new');
    const part = (name) => clinic.getByRole('group', { name, exact: true });
    await part('基本信息').getByLabel('姓名').fill(PATIENT.name);
    await part('基本信息').getByLabel('电话').fill(PATIENT.phone);
    await part('发病与就诊').getByLabel('入院日期').fill(day(1));
    await part('诊断与检测').getByLabel('诊断分类').selectOption({ label: '确诊病例' });
    await part('诊断与检测').getByLabel('诊断日期').fill(day());
    await part('旅居与接触').getByLabel('动物接触').selectOption({ label: '活禽市场' });
    await part('旅居与接触').getByLabel('接触日期').fill(day(6));
    await clinic.getByText('登记其接触过的人').click();
    const contact = part('接触者 1');
    await contact.getByLabel('姓名').fill(CONTACT.name);
    await contact.getByLabel('电话').fill(CONTACT.phone);
    await contact.getByLabel('住址').fill(CONTACT.address);
    await contact.getByLabel('接触场所').selectOption({ label: '同住' });
    await contact.getByLabel('首次接触').fill(day(2));
    await contact.getByLabel('末次接触').fill(day(1));
    await axe(clinic);
    await shot(clinic, 'loop staff form');
    await clinic.getByRole('button', { name: '提交登记' }).click();
    await clinic.getByText('✓ 已登记。').waitFor();
    await axe(clinic);
    await shot(clinic, 'loop record');
  });

  journey('the statutory report waits for nobody and one person marks it as sent', async ({ as, axe, shot }) => {
    const duty = await as('duty');
    await duty.goto('/reports');
    const row = duty.getByRole('row').filter({ hasText: PATIENT.name });
    await row.getByText('2 小时').waitFor();
    await axe(duty);
    await shot(duty, 'loop reports open');
    await row.getByLabel('国家系统编号').fill('NIDR-2026-000001');
    await row.getByRole('button', { name: '登记已报告' }).click();
    await duty.getByText('✓ 已登记报告时间。').waitFor();
    assert.equal(await duty.getByRole('row').filter({ hasText: PATIENT.name }).count(), 0);
    await duty.getByRole('link', { name: '全部' }).click();
    await duty.getByRole('row').filter({ hasText: 'NIDR-2026-000001' }).getByText('已报告').waitFor();
  });

  journey('the desk takes the first look and is refused the second', async ({ as, axe, shot }) => {
    const desk = await as('desk');
    for (const { name } of [PATIENT, CONTACT]) {
      await open(desk, '/reviews', name);
      await axe(desk);
      await shot(desk, `loop first look ${name}`);
      await desk.getByLabel('同意', { exact: true }).check();
      await desk.getByRole('button', { name: '初核' }).click();
      await desk.getByText('✓ 初核已提交，等待另一位同事复核。').waitFor();
      await open(desk, '/reviews', name);
      assert.equal(await desk.getByRole('button', { name: '复核' }).count(), 0);
      assert.equal(await refusedSecondLook(desk), 403);
    }
  });

  journey('an assessor of the CDC takes the second look', async ({ as, axe, shot }) => {
    const assessor = await as('assessor');
    for (const { name } of [PATIENT, CONTACT]) {
      await open(assessor, '/reviews', name);
      await axe(assessor);
      await shot(assessor, `loop second look ${name}`);
      await assessor.getByLabel('同意', { exact: true }).check();
      await assessor.getByRole('button', { name: '复核' }).click();
      await assessor.getByText('✓ 复核已完成。').waitFor();
    }
  });
}

/** Opens the row of somebody in a list. */
async function open(page, path, name) {
  await page.goto(path);
  await page.getByRole('row').filter({ hasText: name }).getByRole('link').first().click();
  await page.getByRole('heading', { level: 1 }).waitFor();
}

const step = (page) => page.locator('[aria-current="step"] b').innerText();

/** Whoever took the first look sends the second form by hand; gives the status of the answer. */
async function refusedSecondLook(page) {
  const token = await page.locator('input[name="form_token"]').first().inputValue();
  const path = new URL(page.url()).pathname;
  const form = { form_token: token, outcome: 'confirm', version: '2' };
  return (await page.request.post(`${path}/second`, { form, maxRedirects: 0 })).status();
}
