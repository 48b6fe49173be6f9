// Starts the built program with a data folder and a port of its own, waits until it is ready, and
// takes everything away again.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ENV, GIVEN, READY, READY_WITHIN_MS, START } from './contract.mjs';
import { createDatabase } from './database.mjs';

const LOG_LINES = 40;
const STOP_WITHIN_MS = 15_000;

/**
 * Starts the program. `start` is a key of START, `database` is `sqlite` or `postgres`; `prepare` is
 * given a way to run the program's other commands on the empty installation first.
 */
export async function startServer({ start = 'serve', database = 'sqlite', prepare } = {}) {
  const program = process.env[GIVEN.program];
  if (!program) throw new Error(`${GIVEN.program} does not say which program to start`);
  const folder = mkdtempSync(join(tmpdir(), 'fangxian-e2e-'));
  const store = createDatabase(database);
  const port = await freePort();
  const env = cleanEnvironment();
  env[ENV.data] = join(folder, 'data');
  env[ENV.listen] = `127.0.0.1:${port}`;
  if (store.url) env[ENV.database] = store.url;
  const run = (words, input = '') => execFileSync(program, words, { env, input, encoding: 'utf8' });
  try {
    prepare?.(run);
  } catch (error) {
    store.drop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }

  const log = [];
  const child = spawn(program, START[start](port), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let ended = null;
  child.on('error', (error) => (ended = `did not start: ${error.message}`));
  child.on('exit', (code, signal) => (ended ??= `ended with ${signal ?? code}`));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      log.push(...text.split('\n').filter(Boolean));
      log.splice(0, Math.max(0, log.length - LOG_LINES));
    });
  }

  const server = {
    url: `http://127.0.0.1:${port}`,
    database,
    dataFolder: env[ENV.data],
    /** Runs another command of the program on this installation; gives what it prints. */
    run,
    /** The last lines that the program wrote, for the report of a failure. */
    log: () => log.join('\n'),
    /** Ends the program at once, as a power cut would. */
    async kill() {
      if (!ended) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
    async stop() {
      try {
        if (!ended) {
          child.kill('SIGTERM');
          await Promise.race([once(child, 'exit'), pause(STOP_WITHIN_MS, null, { ref: false })]);
          const late = !ended;
          await server.kill();
          if (late) throw new Error(`the program did not end within ${STOP_WITHIN_MS} ms`);
        }
      } finally {
        store.drop();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };

  try {
    await ready(server.url, READY_WITHIN_MS[start], () => ended);
  } catch (error) {
    const said = server.log();
    await server.stop().catch(() => {});
    throw new Error(`${error.message}\n${said}`);
  }
  return server;
}

async function ready(url, within, ended) {
  const end = Date.now() + within;
  while (Date.now() < end) {
    if (ended()) throw new Error(`the program ${ended()} before it was ready`);
    const answer = await fetch(url + READY).catch(() => null);
    if (answer?.ok) return;
    await pause(100);
  }
  throw new Error(`the program was not ready within ${within} ms`);
}

/** The environment without anything that would configure the program behind our back. */
function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('FANGXIAN_')),
  );
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
