// A contact objects: from the hospital's word to the decision, the notice, the appeal without an
// account, the answer by somebody who had no part in it, the lifting and the notice that it is over.

import assert from 'node:assert/strict';
import { chapters } from '../harness/journey.mjs';
import { day } from '../harness/world.mjs';
import { agreed, open } from './steps.mjs';

const CASE = { name: '贺春生', phone: '13900080001', address: '花园路 31 号' };
const CONTACT = { name: '许安宁', phone: '13900080002', address: '花园路 33 号' };
const AREA = '990101001001';
const SAID = '那天我在外地，没有见过他，请核对。';
const FOUND = '经与行程和票据核对，当日本人不在本市，接触不成立。';

export function theAppeal(journey) {
  const chapter = chapters(journey);
  const told = {};

  chapter('a hospital names who was met, two people look, and the organ has a measure before it', async ({ sessions }) => {
    const met = { ...CONTACT, area_code: AREA, setting: 'household', protected: 'no', from: day(1), until: day(1) };
    const found = { disease: 'novel-influenza', class: 'confirmed', class_on: day(), onset_on: day(2), symptoms: ['fever'] };
    await sessions.clinic.post('/inbox/new', { ...CASE, ...found, area_code: AREA, contacts: [met] });
    await proposed(sessions.desk, CONTACT.name);
    await agreed(sessions, CONTACT.name);
  });

  chapter('the organ decides, and the notice carries a code', async ({ as, axe, shot }) => {
    const organ = await as('organ');
    await open(organ, '/measures?states=proposed', CONTACT.name);
    await organ.getByLabel('决定采取').check();
    await organ.getByLabel('文书编号').fill('示疾控观〔2026〕33号');
    await organ.getByRole('button', { name: '作出决定' }).click();
    await organ.getByText('✓ 决定已登记；送达任务已下达。').waitFor();
    told.measure = new URL(organ.url()).pathname;
    await organ.getByRole('link', { name: '告知书', exact: true }).click();
    const notice = await organ.getByRole('article').innerText();
    told.code = notice.match(/申诉码 (\S{4}-\S{4}-\S{4})/)[1];
    await axe(organ);
    await shot(organ, 'appeal notice');
  });

  chapter('the resident objects on a phone without scripts or an account, and sees how far it has come', async ({ page, axe, fits, shot }) => {
    const phone = await page({ viewport: 'phone', scripts: false });
    await phone.goto('/');
    await phone.getByRole('link', { name: '提出申诉或更正' }).click();
    await phone.getByLabel('申诉码').fill(told.code);
    await phone.getByLabel('对措施有异议').check();
    await phone.getByLabel('哪里不对、希望怎么办').fill(SAID);
    await phone.getByLabel('姓名').fill(CONTACT.name);
    await fits(phone);
    await shot(phone, 'appeal form phone');
    await phone.getByRole('button', { name: '提交' }).click();
    told.number = await phone.locator('.receipt-number').innerText();
    await phone.getByText('已收到，正在指定承办人').waitFor();
    assert.equal(await phone.getByText(CONTACT.name).count(), 0, 'the number shows nobody');
    await fits(phone);
    const other = await page({ viewport: 'phone' });
    await look(other, told.number);
    await axe(other);
  });

  chapter('the measure goes on meanwhile, and the desk names somebody who had no part in it', async ({ as, axe, shot }) => {
    const organ = await as('organ');
    await organ.goto(told.measure);
    await organ.getByText('执行中', { exact: true }).first().waitFor();
    const desk = await as('desk');
    await open(desk, '/appeals', CONTACT.name);
    await desk.getByText(SAID).waitFor();
    await axe(desk);
    await shot(desk, 'appeal assigned');
    const name = async (login) => {
      await desk.getByLabel('或指派给（登录名）').fill(login);
      await desk.getByRole('button', { name: '指定承办人' }).click();
    };
    await name('organ');
    await desk.getByText('参与研判、决定或解除该措施的人员不得答复申诉').first().waitFor();
    await open(desk, '/appeals', CONTACT.name);
    await name('bureau');
    await desk.getByText('✓ 已指定承办人。').waitFor();
  });

  chapter('the bureau finds it right, and there is a letter to print', async ({ as, axe, shot }) => {
    const bureau = await as('bureau');
    await open(bureau, '/appeals', CONTACT.name);
    await bureau.getByLabel('支持', { exact: true }).check();
    await bureau.getByLabel('理由').last().fill(FOUND);
    await shot(bureau, 'appeal answer');
    await bureau.getByRole('button', { name: '答复', exact: true }).click();
    await bureau.getByText('✓ 答复已登记，本人凭受理号可以看到结果。').waitFor();
    await bureau.getByRole('link', { name: '答复书' }).click();
    const letter = await bureau.getByRole('article').innerText();
    for (const words of [CONTACT.name, told.number, FOUND.replace(/。$/, ''), '提请作出决定的机关解除', '示范区疾病预防控制局']) {
      assert.ok(letter.includes(words), `the letter does not say ${words}:\n${letter}`);
    }
    await axe(bureau);
    await shot(bureau, 'appeal letter');
  });

  chapter('the organ that decided lifts it, with a notice that it is over', async ({ as, axe, shot }) => {
    const organ = await as('organ');
    await organ.goto(told.measure);
    await organ.getByText('对该措施的申诉已获支持，请解除。').waitFor();
    await organ.getByLabel('理由').fill('申诉成立，接触不成立。');
    await organ.getByRole('button', { name: '解除措施' }).click();
    await organ.getByText('✓ 措施已解除。').waitFor();
    await organ.getByRole('link', { name: '解除通知书' }).click();
    const notice = await organ.getByRole('article').innerText();
    for (const words of [CONTACT.name, '现予解除', '申诉成立，接触不成立', '不再受该项措施约束']) {
      assert.ok(notice.includes(words), `the notice does not say ${words}:\n${notice}`);
    }
    await axe(organ);
    await shot(organ, 'appeal release notice');
  });

  chapter('under the number stands that it was lifted, in both languages', async ({ page, fits, shot }) => {
    const phone = await page({ viewport: 'phone', scripts: false });
    await look(phone, told.number);
    await phone.getByText('您的申诉得到支持，措施已解除').waitFor();
    await fits(phone);
    await shot(phone, 'appeal lifted phone');
    const english = await page({ viewport: 'phone', scripts: false, language: 'en' });
    await look(english, told.number);
    await english.getByText('Your appeal was upheld and the measure is lifted').waitFor();
  });
}

/** Looks a number up from the first page. */
async function look(page, number) {
  await page.goto('/');
  await page.locator('form[action="/receipt"] input').fill(number);
  await page.locator('form[action="/receipt"] button').click();
}

/** Waits until the rules propose a measure for somebody: what is said of a contact follows the case. */
async function proposed(desk, name) {
  for (let round = 0; round < 100; round += 1) {
    const { list } = await desk.get('/reviews');
    const row = list.rows.find((one) => one.name === name);
    const seen = row && (await desk.get(`/reviews/${row.id}`));
    if (seen?.review.proposal?.measures.length > 0) return;
    await new Promise((done) => { setTimeout(done, 100); });
  }
  throw new Error(`nothing is proposed for ${name}`);
}
