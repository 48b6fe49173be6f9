// A messy list through the page: proposed mapping, preview, run, report, rows that went back.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { chapters } from '../harness/journey.mjs';
import { day } from '../harness/world.mjs';

const compact = day(3).replaceAll('-', '');
const LIST = [
  '序号,姓名,性别,年龄,联系电话,身份证号,现住址,发病日期,备注',
  `1,钱多多,男,34岁,13900040001,,花园路1号,${day(3)},`,
  `2,孙小美,女,28,139-0004-0002,,花园路2号,${compact},咳嗽`,
  `3,李 雷,M,41,１３９０００４０００３,,花园路3号,${day(2).replaceAll('-', '/')},`,
  `4,周错号,男,50,13900040004,990101199001011239,花园路4号,${day(3)},证件号码抄错`,
  '5,吴错日,女,22,13900040005,,花园路5号,2026-02-31,',
  '',
].join('\r\n');
const FILE = { name: '花园街道名单.csv', mimeType: 'text/csv', buffer: Buffer.from(`\ufeff${LIST}`) };

export function theImport(journey) {
  const chapter = chapters(journey);

  chapter('a list with Chinese headers is proposed a mapping and previewed before anything is kept', async ({ as, axe, fits, shot }) => {
    const desk = await as('desk');
    await hand(desk);
    await desk.getByRole('heading', { name: '预览' }).waitFor();
    for (const [column, means] of [['姓名', 'name'], ['联系电话', 'phone'], ['身份证号', 'document_number'], ['发病日期', 'onset']]) {
      assert.equal(await desk.getByLabel(column, { exact: true }).inputValue(), means);
    }
    assert.deepEqual(await tiles(desk), ['5', '3', '2']);
    await axe(desk);
    await fits(desk);
    await shot(desk, 'import preview');
    await desk.goto('/imports');
    await desk.getByText('还没有导入过。').waitFor();
  });

  chapter('run, it reports what was taken and what went back, with a file to correct', async ({ as, axe, fits, shot }) => {
    const desk = await as('desk');
    await hand(desk);
    await desk.getByRole('button', { name: '开始导入' }).click();
    await desk.getByRole('heading', { name: FILE.name }).waitFor();
    await finished(desk);
    assert.deepEqual((await tiles(desk)).filter((_, n) => n < 2), ['5', '3']);
    await axe(desk);
    await fits(desk);
    await shot(desk, 'import report');
    const [download] = await Promise.all([
      desk.waitForEvent('download'),
      desk.getByRole('link', { name: '下载退回行' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    assert.match(text, /姓名/);
    assert.match(text, /周错号/);
    assert.match(text, /吴错日/);
    assert.doesNotMatch(text, /钱多多/);
  });

  chapter('the same list in the same way is one import', async ({ as }) => {
    const desk = await as('desk');
    await hand(desk);
    await desk.getByRole('button', { name: '开始导入' }).click();
    await desk.getByRole('heading', { name: FILE.name }).waitFor();
    await desk.goto('/imports');
    assert.equal(await desk.locator('tbody tr').count(), 1);
  });

  chapter('the preview says that the list was imported before', async ({ as, axe, shot }) => {
    const desk = await as('desk');
    await hand(desk);
    await desk.getByRole('heading', { name: '预览' }).waitFor();
    await shot(desk, 'import again');
    assert.ok(await desk.getByText('这份文件此前已经导入过').isVisible());
    await axe(desk);
  });
}

async function hand(page) {
  await page.goto('/imports');
  await page.getByLabel('名单文件').setInputFiles(FILE);
  await page.getByLabel('来源简称').fill('花园街道');
  await page.getByRole('button', { name: '预览' }).click();
}

/** Waits until an import, on whose page one is, has come to an end. */
export async function finished(page, end = '已完成') {
  const chip = page.locator('.heading .chip').filter({ hasText: end });
  for (let tries = 0; tries < 50 && !(await chip.isVisible()); tries += 1) {
    await page.waitForTimeout(200);
    await page.reload();
  }
  assert.ok(await chip.isVisible());
}

/** Read, accepted, rejected; the tile of warnings is left out, for a list may always be odd. */
export async function tiles(page) {
  const wanted = ['读取', '接收', '退回'];
  const all = await page.locator('.tile').evaluateAll((list) =>
    list.map((tile) => [tile.querySelector('.label').textContent, tile.querySelector('b').textContent]),
  );
  return wanted.map((name) => all.find(([label]) => label === name)?.[1]);
}
