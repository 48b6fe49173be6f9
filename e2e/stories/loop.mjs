// From a resident's report to the closed file: two looks, an organ's decision, the way through the
// levels, feedback at the door, and what the receipt says at the end.

import assert from 'node:assert/strict';
import { RESPONSE } from '../harness/contract.mjs';
import { chapters } from '../harness/journey.mjs';
import { day } from '../harness/world.mjs';
import { open, search } from './steps.mjs';

const PATIENT = { name: '王小明', phone: '13900010001', address: '花园路 8 号' };
const CONTACT = { name: '王丽', phone: '13900010002', address: '花园路 8 号' };

export function theLoop(journey) {
  const chapter = chapters(journey);
  const told = {};

  chapter('the duty officer proposes the approval for class A measures and cannot confirm it', async ({ as, axe }) => {
    const duty = await as('duty');
    await duty.goto('/responses');
    const card = duty.locator(`#r-${RESPONSE.code}`);
    await card.locator('summary', { hasText: '提请登记批准文件' }).click();
    await card.getByLabel('批准事项').selectOption({ label: '国务院批准按甲类管理' });
    await card.getByLabel('批准机关').selectOption({ label: '国务院' });
    await card.getByLabel('文号').fill('国函〔2026〕99号（虚构）');
    await card.getByLabel('起始日期').fill(day(30));
    await card.getByRole('button', { name: '提请登记批准文件' }).click();
    await card.getByText('由您提请，须由另一人复核').waitFor();
    assert.equal(await card.getByRole('button', { name: '确认', exact: true }).count(), 0);
    await axe(duty);
  });

  chapter('another person at the bureau confirms the approval', async ({ as, axe }) => {
    const bureau = await as('bureau');
    await bureau.goto('/responses');
    const card = bureau.locator(`#r-${RESPONSE.code}`);
    await card.getByRole('button', { name: '确认', exact: true }).click();
    await card.getByText('待复核的批准文件').waitFor({ state: 'detached' });
    await card.getByText('国务院批准按甲类管理 · 国务院').waitFor();
    await axe(bureau);
  });

  chapter('a resident reports from a phone without scripts and gets a receipt', async ({ page, axe, fits, shot }) => {
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
    assert.match(await step(phone), /^(已收到|正在研判)$/);
    await fits(phone);
    await shot(phone, 'loop receipt received');
  });

  chapter('the clinic confirms the illness of the same person and names who lives with them', async ({ as, axe, shot }) => {
    const clinic = await as('clinic');
    await clinic.goto('/inbox/new');
    const part = (name) => clinic.getByRole('group', { name, exact: true });
    await part('基本信息').getByLabel('姓名').fill(PATIENT.name);
    await part('基本信息').getByLabel('电话').fill(PATIENT.phone);
    await part('发病与就诊').getByLabel('入院日期').fill(day(1));
    await part('诊断与检测').getByLabel('病种').selectOption({ value: 'novel-influenza' });
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

  chapter('the statutory report waits for nobody and one person marks it as sent', async ({ as, axe, shot }) => {
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

  chapter('the desk takes the first look and is refused the second', async ({ as, axe, shot }) => {
    const desk = await as('desk');
    for (const { name } of [PATIENT]) {
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

  chapter('an assessor of the CDC takes the second look', async ({ as, axe, shot }) => {
    const assessor = await as('assessor');
    for (const { name } of [PATIENT]) {
      await open(assessor, '/reviews', name);
      await axe(assessor);
      await shot(assessor, `loop second look ${name}`);
      await assessor.getByLabel('同意', { exact: true }).check();
      await assessor.getByRole('button', { name: '复核' }).click();
      await assessor.getByText('✓ 复核已完成。').waitFor();
    }
  });

  chapter('the organ decides the measure, and the notice says who, why, until when and how to complain', async ({ as, axe, shot }) => {
    const organ = await as('organ');
    await open(organ, '/measures?states=proposed', PATIENT.name);
    await axe(organ);
    await shot(organ, 'loop measure proposed');
    await organ.getByLabel('决定采取').check();
    await organ.getByLabel('文书编号').fill('示疾控隔〔2026〕1号');
    await organ.getByRole('button', { name: '作出决定' }).click();
    await organ.getByText('✓ 决定已登记；送达任务已下达。').waitFor();
    await axe(organ);
    await shot(organ, 'loop measure decided');
    await organ.getByRole('link', { name: '告知书', exact: true }).click();
    const notice = await organ.getByRole('article').innerText();
    for (const words of [
      PATIENT.name,
      '示疾控隔〔2026〕1号',
      '示范区疾病预防控制中心',
      '《中华人民共和国传染病防治法》（2025年修订）第五十八条第一款第一项',
      `自 ${day()} 起至 ${day(-1)} 止`,
      '申诉',
      '行政复议',
    ]) {
      assert.ok(notice.includes(words), `the notice does not say ${words}:\n${notice}`);
    }
    await axe(organ);
    await shot(organ, 'loop notice');
  });

  chapter('the community lead hands the notice to a grid worker', async ({ as, axe, shot }) => {
    const lead = await as('lead');
    await open(lead, '/tasks', '送达告知书');
    await lead.getByLabel('下派到').selectOption({ label: '花园社区第一网格' });
    await axe(lead);
    await shot(lead, 'loop lead task');
    await lead.getByRole('button', { name: '下派', exact: true }).click();
    await lead.getByText('✓ 已下派。').waitFor();
    const row = lead.getByRole('row').filter({ hasText: '送达告知书' });
    await row.getByText('葛强').waitFor();
    await axe(lead);
  });

  chapter('the receipt says that somebody will come', async ({ page }) => {
    const phone = await page({ viewport: 'phone', scripts: false });
    assert.equal(await receipt(phone, told.receipt), '已安排联系或上门');
  });

  chapter('the grid worker gives feedback on the phone in three taps', async ({ as, axe, fits, shot }) => {
    const phone = await as('grid', { viewport: 'phone' });
    await phone.goto('/tasks/mine');
    await fits(phone);
    await axe(phone);
    await shot(phone, 'loop my tasks phone');
    assert.equal(await phone.getByRole('listitem').filter({ has: phone.getByRole('heading') }).count(), 1);
    await phone.getByRole('link', { name: '去办理' }).tap();
    await phone.getByLabel('已送达').tap();
    await phone.getByRole('button', { name: '提交反馈' }).tap();
    await phone.getByText('✓ 已反馈，谢谢。').waitFor();
    await phone.getByText('现在没有要办的任务。').waitFor();
    await fits(phone);
    await axe(phone);
  });

  chapter('with a code from the counter the person reads the notice, the reasons and who has read the file', async ({ as, page, axe, fits, shot }) => {
    const desk = await as('desk');
    await search(desk, PATIENT.phone);
    await desk.getByRole('link', { name: PATIENT.name }).click();
    await desk.locator('summary', { hasText: '发放查阅码' }).click();
    await desk.getByLabel('本人', { exact: true }).check();
    await desk.getByLabel('窗口查验证件').check();
    await desk.getByRole('button', { name: '发放查阅码' }).click();
    told.code = await desk.locator('.receipt-number').innerText();
    await axe(desk);
    await shot(desk, 'loop file code');
    for (const language of ['zh-CN', 'en']) {
      const phone = await page({ viewport: 'phone', language });
      await ownFile(phone, told.code);
      const file = await phone.locator('main').innerText();
      for (const words of [PATIENT.name, '示疾控隔〔2026〕1号', language === 'en' ? 'in force' : '正在执行']) {
        assert.ok(file.includes(words), `the file does not say ${words}:\n${file}`);
      }
      assert.ok(!file.includes(CONTACT.name), 'the file names somebody else');
      await axe(phone);
      await fits(phone);
      await shot(phone, `loop own file ${language}`);
    }
    const stranger = await page({ viewport: 'phone' });
    await ownFile(stranger, 'BBBB-BBBB-BBBB');
    await stranger.getByText('查阅码不对').first().waitFor();
    await axe(stranger);
  });

  chapter('the community lead closes what was fed back', async ({ as, axe, shot }) => {
    const lead = await as('lead');
    await open(lead, '/tasks?states=done', '送达告知书');
    await lead.getByText('葛强').first().waitFor();
    await axe(lead);
    await shot(lead, 'loop task done');
    await lead.getByRole('button', { name: '办结' }).click();
    await lead.getByText('✓ 已处理。').waitFor();
    await shot(lead, 'loop task closed');
  });

  chapter('the desk gives the investigation to the assessor, who reports back', async ({ as, axe, shot }) => {
    const desk = await as('desk');
    await open(desk, '/tasks', '流行病学调查');
    await desk.getByLabel('或指派给（登录名）').fill('assessor');
    await shot(desk, 'loop investigation');
    await desk.getByRole('button', { name: '下派', exact: true }).click();
    await desk.getByText('✓ 已下派。').waitFor();
    const assessor = await as('assessor');
    await assessor.goto('/tasks/mine');
    await axe(assessor);
    await assessor.getByRole('link', { name: '去办理' }).click();
    await assessor.getByLabel('已核实补充').check();
    await assessor.getByText('体温、症状、备注（可不填）').click();
    await assessor.locator('#do').getByLabel('备注').fill('发病前到过示范活禽市场。');
    await assessor.getByRole('button', { name: '提交反馈' }).click();
    await assessor.getByText('✓ 已反馈，谢谢。').waitFor();
    await open(desk, '/tasks?states=done', '流行病学调查');
    await desk.getByRole('button', { name: '办结' }).click();
    await desk.getByText('✓ 已处理。').waitFor();
  });

  chapter('the organ lifts the measure, and the receipt says that it is closed', async ({ as, page, axe, fits, shot }) => {
    const organ = await as('organ');
    await open(organ, '/measures', PATIENT.name);
    await organ.getByText('已送达').first().waitFor();
    await organ.getByLabel('理由').fill('连续两次核酸阴性，解除隔离治疗。');
    await organ.getByRole('button', { name: '解除措施' }).click();
    await organ.getByText('✓ 措施已解除。').waitFor();
    await shot(organ, 'loop measure lifted');
    const own = await page({ viewport: 'phone', scripts: false });
    await ownFile(own, told.code);
    await own.getByRole('article').filter({ hasText: '通知书' }).first().waitFor();
    await fits(own);
    await shot(own, 'loop own file lifted');
    const phone = await page({ viewport: 'phone', scripts: false });
    assert.equal(await receipt(phone, told.receipt), '已办结');
    await fits(phone);
    await shot(phone, 'loop receipt closed');
    const english = await page({ viewport: 'phone', scripts: false, language: 'en' });
    await receipt(english, told.receipt);
    await english.getByText('This is closed.').waitFor();
    await shot(english, 'loop receipt closed en');
  });
}

/** Opens the own file from the first page with a code. */
async function ownFile(page, code) {
  await page.goto('/');
  await page.locator('main a[href="/my"]').click();
  await page.locator('form[action="/my"] input[name="code"]').fill(code);
  await page.locator('form[action="/my"] button').click();
}

/** Looks a receipt up from the first page; gives the step that it has reached. */
async function receipt(page, number) {
  await page.goto('/');
  await page.locator('form[action="/receipt"] input').fill(number);
  await page.locator('form[action="/receipt"] button').click();
  return step(page);
}

const step = (page) => page.locator('[aria-current="step"] b').innerText();

/** Whoever took the first look sends the second form by hand; gives the status of the answer. */
async function refusedSecondLook(page) {
  const token = await page.locator('input[name="form_token"]').first().inputValue();
  const path = new URL(page.url()).pathname;
  const form = { form_token: token, outcome: 'confirm', version: '2' };
  return (await page.request.post(`${path}/second`, { form, maxRedirects: 0 })).status();
}
