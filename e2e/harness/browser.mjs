// Chromium and what a journey does with a page: open, log in, check accessibility, take a picture.

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axeCore from 'axe-core';
import { chromium } from 'playwright-core';
import { GIVEN, LOGIN, PEOPLE, VIEWPORTS } from './contract.mjs';

const SHOTS = join(dirname(fileURLToPath(import.meta.url)), '..', 'shots');
const TIMEOUT_MS = 15_000;
/** Nothing of the browser's own goes to the network. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch() {
  const executablePath = process.env[GIVEN.chromium] ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/**
 * Opens a fresh page on `server`. Remembers what a page must never do: throw, be answered with 5xx,
 * or ask another host for anything; `faults(page)` lists it.
 */
export async function openPage(browser, server, options = {}) {
  const { viewport = 'desk', language = 'zh-CN', scripts = true } = options;
  const context = await browser.newContext({
    baseURL: server?.url,
    viewport: VIEWPORTS[viewport],
    locale: language,
    timezoneId: 'Asia/Shanghai',
    javaScriptEnabled: scripts,
    reducedMotion: 'reduce',
    hasTouch: viewport === 'phone',
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  page.scripts = scripts;
  const seen = [];
  page.faults = () => seen;
  page.on('pageerror', (error) => seen.push(`threw: ${error.message}`));
  page.on('response', (r) => r.status() >= 500 && seen.push(`${r.status()} from ${r.url()}`));
  page.on('request', (request) => {
    const url = request.url();
    const own = server && url.startsWith(`${server.url}/`);
    if (!own && !/^(data|blob|about):/.test(url)) seen.push(`asked another host: ${url}`);
  });
  return page;
}

/** Goes to a page of SCREENS; false when there is nothing to follow to. */
export async function visit(page, { path, follow = [], bare = false }) {
  await page.goto(path);
  const links = [follow].flat();
  for (const [at, selector] of links.entries()) {
    const link = page.locator(`main ${selector}`).first();
    if ((await link.count()) === 0) return false;
    const url = new URL(await link.evaluate((found) => found.href));
    if (bare && at === links.length - 1) url.search = '';
    await page.goto(url.href);
  }
  return true;
}

/** Logs in as a person of PEOPLE, or as `{ name, password }`. */
export async function login(page, who) {
  const person = typeof who === 'string' ? PEOPLE[who] : who;
  if (!person) throw new Error(`nobody is called ${who}; harness/contract.mjs lists the people`);
  await page.goto(LOGIN.path);
  await page.fill(LOGIN.name, person.name);
  await page.fill(LOGIN.password, person.password);
  await page.click(LOGIN.submit);
  await page.waitForURL((url) => url.pathname !== LOGIN.path);
}

/** Fails when axe finds anything serious or critical on the page. It needs a page with scripts. */
export async function axe(page) {
  if (page.scripts === false) throw new Error('axe cannot look at a page without scripts');
  await page.evaluate(axeCore.source);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  );
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  if (grave.length === 0) return;
  const lines = grave.flatMap(({ id, help, nodes }) => [
    `${id}: ${help}`,
    ...nodes.slice(0, 5).map((node) => `  ${node.target.join(' ')}: ${node.html.slice(0, 160)}`),
  ]);
  throw new Error(`axe on ${page.url()}\n${lines.join('\n')}`);
}

/** Fails when the page is wider than the window: on a phone nobody scrolls sideways. */
export async function fits(page) {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  if (content > window) {
    throw new Error(`${page.url()} is ${content} px wide in a window of ${window} px`);
  }
}

/** Takes a picture of the whole page into e2e/shots. */
export async function shot(page, name) {
  const path = join(SHOTS, `${name.replaceAll(/[^\p{L}\p{N}]+/gu, '-')}.png`);
  mkdirSync(SHOTS, { recursive: true });
  // From the top: what sticks to the window is drawn where the window is.
  await page.evaluate(() => globalThis.scrollTo(0, 0));
  await page.screenshot({ path, fullPage: true });
  return path;
}
