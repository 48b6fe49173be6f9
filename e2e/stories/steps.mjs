// Steps that several stories take.

import { day } from '../harness/world.mjs';

/** A clinic files somebody as suspected, so that a review waits; on the interface, to be quick. */
export function suspected(sessions, who) {
  const found = { disease: 'novel-influenza', class: 'suspected', class_on: day(), symptoms: ['fever', 'cough'] };
  return sessions.clinic.post('/inbox/new', { ...who, ...found, area_code: '990101001001' });
}

/** Both looks agree with what the rules propose for somebody; on the interface. */
export async function agreed(sessions, name) {
  for (const [reader, look] of [['desk', 'first'], ['assessor', 'second']]) {
    const { list } = await sessions[reader].get('/reviews');
    const { id, version } = list.rows.find((row) => row.name === name);
    await sessions[reader].post(`/reviews/${id}/${look}`, { version, outcome: 'confirm' });
  }
}

/** Opens the row of a list that holds some words. */
export async function open(page, path, words) {
  await page.goto(path);
  await page.getByRole('row').filter({ hasText: words }).getByRole('link').first().click();
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** A resident reports on the public page; gives the receipt number. */
export async function report(page, { name, phone, symptoms = ['发热'], note = '' }) {
  await page.goto('/report');
  for (const symptom of symptoms) await page.getByLabel(symptom).check();
  await page.getByLabel('姓名').fill(name);
  await page.getByLabel('电话').fill(phone);
  await page.getByLabel('其他要说的').fill(note);
  await page.getByRole('button', { name: '提交报告' }).click();
  return page.locator('.receipt-number').innerText();
}

/** Looks for somebody; gives how many files there are. */
export async function search(page, words, purpose = '信息受理') {
  await page.goto('/people');
  await page.getByLabel('姓名、电话或证件号码').fill(words);
  await page.getByLabel('查看目的').selectOption({ label: purpose });
  await page.getByRole('button', { name: '查找' }).click();
  await page.getByText(/找到 \d+ 人|没有找到/).first().waitFor();
  return page.locator('tbody tr').count();
}
