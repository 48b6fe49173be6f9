// A workbook as it comes: proposed mapping, one column put right, rows that went back, corrected, undone.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { chapters } from '../harness/journey.mjs';
import { serial, workbook } from '../harness/workbook.mjs';
import { day } from '../harness/world.mjs';
import { finished, tiles } from './import.mjs';
import { search } from './steps.mjs';

const SOURCE = '石桥医院';
const MESSY = workbook([
  { name: '填表说明', rows: [['本表由发热门诊填写'], ['有疑问请致电 12320']] },
  {
    name: '二月',
    merged: ['A1:G1', 'A2:A3', 'B2:C2'],
    rows: [
      ['石桥医院发热病人登记表'],
      ['序号', '患者', null, '手机', '门牌几号', '何时起病', '备注'],
      [null, '姓名', '性别', null, null, null, null],
      [1, '洪一', '男', 13900090001, '石桥村1号', serial(day(3)), '咳嗽'],
      [2, '洪二', '女', 13900090002, '石桥村2号', `${day(2)} `, ''],
      [3, '洪三', '男', 13900090003, '石桥村3号', '2026-02-31', ''],
      [4, '洪四', '女', 13900090004, '石桥村4号', serial(day(2)), ''],
    ],
  },
]);

export function theWorkbook(journey) {
  const chapter = chapters(journey);

  chapter('a workbook with a title, merged cells and two header rows is read; a column is put right by choosing', async ({ as, axe, fits, shot }) => {
    const desk = await as('desk');
    await hand(desk, { name: '登记表.xlsx', mimeType: 'application/octet-stream', buffer: MESSY });
    assert.equal(await means(desk, '门牌几号'), '');
    assert.deepEqual(await tiles(desk), ['4', '4', '0']);
    await putRight(desk);
    assert.equal(await means(desk, '门牌几号'), 'address');
    // Once it is known which column has the days of onset, the one that does not exist is seen.
    assert.deepEqual(await tiles(desk), ['4', '3', '1']);
    await axe(desk);
    await fits(desk);
    await shot(desk, 'workbook preview');
    // One field for two columns is refused, with their names.
    await control(desk, '备注').selectOption('phone');
    await desk.getByRole('button', { name: '按改选后的含义重新预览' }).click();
    await desk.getByText('不能都是“联系电话”，请只留一列。').first().waitFor();
    await axe(desk);
  });

  chapter('taken in, what went back is corrected in its own file and comes in', async ({ as }) => {
    const desk = await as('desk');
    await hand(desk, { name: '登记表.xlsx', mimeType: 'application/octet-stream', buffer: MESSY });
    await putRight(desk);
    await desk.getByRole('button', { name: '开始导入' }).click();
    await finished(desk);
    const [download] = await Promise.all([
      desk.waitForEvent('download'),
      desk.getByRole('link', { name: '下载退回行' }).click(),
    ]);
    const errors = await readFile(await download.path(), 'utf8');
    assert.match(errors, /洪三/);
    assert.doesNotMatch(errors, /洪一/);
    const corrected = errors.replaceAll('2026-02-31', day(2));
    await hand(desk, { name: '登记表-更正.csv', mimeType: 'text/csv', buffer: Buffer.from(corrected) });
    const [read, accepted, rejected] = await tiles(desk);
    assert.equal(read, accepted);
    assert.equal(rejected, '0');
    await desk.getByRole('button', { name: '开始导入' }).click();
    await finished(desk);
    assert.equal(await search(desk, '洪三'), 1);
  });

  chapter('undone, what the list brought is withdrawn and what the other list brought stays', async ({ as, axe, fits, shot }) => {
    const desk = await as('desk');
    await desk.goto('/imports');
    await desk.getByRole('link', { name: '登记表.xlsx' }).click();
    await desk.getByRole('link', { name: '撤销导入…' }).click();
    await desk.getByLabel('理由').fill('医院报错了表');
    await axe(desk);
    await fits(desk);
    await shot(desk, 'workbook undo');
    await desk.getByRole('button', { name: '撤销这次导入' }).click();
    await finished(desk, '已撤销');
    assert.equal(await search(desk, '洪三'), 1);
    // Whoever looks for the withdrawn finds that it was withdrawn, and no name.
    assert.equal(await search(desk, '洪一'), 1);
    const row = desk.locator('tbody tr');
    assert.match(await row.innerText(), /已撤回/);
    assert.doesNotMatch(await row.innerText(), /洪一/);
  });
}

async function hand(page, file) {
  await page.goto('/imports');
  await page.getByLabel('名单文件').setInputFiles(file);
  await page.getByLabel('来源简称').fill(SOURCE);
  await page.getByRole('button', { name: '预览' }).click();
  await page.getByRole('heading', { name: '预览' }).waitFor();
}

async function putRight(page) {
  await control(page, '门牌几号').selectOption('address');
  await control(page, '何时起病').selectOption('onset');
  await page.getByRole('button', { name: '按改选后的含义重新预览' }).click();
  await page.getByText('人工指定').first().waitFor();
}

const control = (page, column) => page.locator('select').and(page.getByLabel(column));

const means = (page, column) => control(page, column).inputValue();
