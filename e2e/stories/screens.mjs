// Every page of the contract, on a phone and at a desk, in both languages: it fits, anybody can use
// it, and it says where in the menu it is. Comes after the other stories, so that there is something
// on every page.

import { visit } from '../harness/browser.mjs';
import { SCREENS } from '../harness/contract.mjs';
import { agreed, suspected } from './steps.mjs';

const LOOKS = [
  { viewport: 'phone', language: 'zh-CN' },
  { viewport: 'desk', language: 'en' },
];

export function everyPage(journey) {
  journey('there is open work for the pages to show', async ({ sessions }) => {
    await suspected(sessions, { name: '冯待办', phone: '13900070001' });
    await agreed(sessions, '冯待办');
    await suspected(sessions, { name: '陈待核', phone: '13900070002' });
  });

  for (const look of LOOKS) {
    const { viewport, language } = look;
    journey(`every page fits a ${viewport} in ${language} and is accessible`, async ({ page, as, axe, fits }) => {
      const wrong = [];
      for (const [person, screens] of byPerson()) {
        const opened = person ? await as(person, look) : await page(look);
        for (const screen of screens) {
          const there = await visit(opened, screen).catch((error) => wrong.push(error.message));
          if (!there) wrong.push(`nothing leads to ${screen.name}`);
          for (const check of [fits, axe]) {
            await check(opened).catch((error) => wrong.push(`${screen.name}: ${error.message}`));
          }
        }
      }
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    });
  }
  marks(journey);
}

/** Of every group of pages one, so that the menu is seen from each. */
function marks(journey) {
  journey('the menu marks the one place where the reader is', async ({ as }) => {
    const desk = await as('desk');
    for (const path of ['/desk', '/tasks/mine', '/reports', '/inbox', '/inbox/new', '/people', '/reviews', '/tasks', '/areas']) {
      await desk.goto(path);
      const here = await desk.locator('nav.side [aria-current="page"]').allInnerTexts();
      if (here.length !== 1) throw new Error(`on ${path} the menu marks ${here.join(' and ')}`);
    }
  });
}

function byPerson() {
  const people = new Map();
  for (const screen of SCREENS.filter(({ demo }) => !demo)) {
    people.set(screen.as, [...(people.get(screen.as) ?? []), screen]);
  }
  return people;
}
