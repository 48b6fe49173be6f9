// A journey: a story told in the browser on an installation of its own. Runs on every database that
// is asked for; a failure leaves a picture and the program's last words.

import { after, before, describe, test } from 'node:test';
import { axe, fits, launch, login, openPage, shot } from './browser.mjs';
import { SESSION } from './contract.mjs';
import { databases } from './database.mjs';
import { startServer } from './server.mjs';
import { found, settle } from './world.mjs';

const WITHIN_MS = 120_000;

/**
 * Declares the journeys of one installation. `tell` gets `journey(name, story)`; the journeys of a
 * file share the installation and run in order. `start` is `serve`, `demo`, or null for no program.
 * `district` settles the people of the contract in it.
 *
 * A journey with `todo` shows a known fault of the program: it runs and does not count until it
 * passes.
 *
 * A story gets `{ server, page, as, sessions, login, axe, fits, shot }`: `page({ viewport, language,
 * scripts })` opens a fresh page, `as(name, options)` one on which somebody of the district is
 * logged in.
 */
export function installation({ start = 'serve', district = false }, tell) {
  for (const database of start ? databases() : ['none']) {
    describe(start ? `on ${database}` : 'without a program', () => {
      let server;
      let browser;
      let sessions = {};
      before(async () => {
        browser = await launch();
        if (start) server = await startServer({ start, database, prepare: district ? found : undefined });
        if (district) sessions = await settle(server);
      });
      after(async () => {
        await browser?.close();
        await server?.stop();
      });
      tell((name, story, { todo } = {}) => test(name, { timeout: WITHIN_MS, todo }, () => run(name, story, { browser, server, database, sessions })));
    });
  }
}

/** A story in chapters: when one fails, those after it are not told. */
export function chapters(journey) {
  let broken = null;
  return (name, story, options = {}) => {
    const told = async (given) => {
      if (broken) throw new Error(`not told, because this failed: ${broken}`);
      try {
        await story(given);
      } catch (error) {
        if (!options.todo) broken = name;
        throw error;
      }
    };
    journey(name, told, options);
  };
}

async function run(name, story, { browser, server, database, sessions }) {
  const pages = [];
  const page = async (options) => {
    const opened = await openPage(browser, server, options);
    pages.push(opened);
    return opened;
  };
  const as = async (person, options) => {
    const opened = await page(options);
    const { cookie } = sessions[person];
    await opened.context().addCookies([{ name: SESSION, value: cookie, url: server.url }]);
    return opened;
  };
  try {
    await story({ server, page, as, sessions, login, axe, fits, shot });
    const faults = pages.flatMap((opened) => opened.faults());
    if (faults.length > 0) throw new Error(faults.join('\n'));
  } catch (error) {
    for (const [at, opened] of pages.entries()) {
      await shot(opened, `failed ${database} ${name} ${at}`).catch(() => {});
    }
    if (server) error.message += `\n-- the program's last lines --\n${server.log()}`;
    throw error;
  } finally {
    for (const opened of pages) await opened.context().close();
  }
}
