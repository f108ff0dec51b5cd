// A Firefox ESR of its own, headless, through Marionette: its own remote
// control, JSON over TCP, of which the tests need five commands.
// (https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html)
//
// FIREFOX   the browser, /usr/bin/firefox-esr unless set

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import {until} from '../servers/target.mjs';

const program = process.env.FIREFOX || '/usr/bin/firefox-esr';
export const skipFirefox =
    fs.existsSync(program) ? false : `${program} is not there`;

// It saves without a question. That it calls nobody is Marionette's doing.
const preferences = (saved) => ({
  'marionette.port': 0,
  'browser.download.folderList': 2,
  'browser.download.dir': saved,
  'browser.download.useDownloadDir': true,
  'browser.download.always_ask_before_handling_new_types': false,
});

// A message is its length, a colon and JSON: [0, id, command, parameters] and
// [1, id, error, result]; the first is a greeting.
class Marionette {
  constructor(port) {
    this.socket = net.connect(port, '127.0.0.1');
    this.bytes = Buffer.alloc(0);
    this.waiting = new Map();
    this.serial = 0;
    this.greeted = new Promise((resolve) => {
      this.waiting.set(undefined, {resolve});
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.waiting.forEach(
        ({reject}) => reject?.(new Error('Firefox has ended'))));
    this.socket.on('data', (bytes) => {
      this.bytes = Buffer.concat([this.bytes, bytes]);
      while (this.take());
    });
  }

  take() {
    const start = this.bytes.indexOf(':') + 1;
    const end = start + Number(this.bytes.subarray(0, Math.max(0, start - 1)));
    if (start === 0 || this.bytes.length < end) return false;
    const message = JSON.parse(this.bytes.subarray(start, end));
    this.bytes = this.bytes.subarray(end);
    const [, id, error, result] = Array.isArray(message) ? message : [];
    const {resolve, reject} = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) {
      reject(new Error(`${error.error}: ${error.message}`));
    } else {
      resolve(result);
    }
    return true;
  }

  send(command, parameters = {}) {
    this.serial += 1;
    const text = JSON.stringify([0, this.serial, command, parameters]);
    this.socket.write(`${Buffer.byteLength(text)}:${text}`);
    return new Promise((resolve, reject) => {
      this.waiting.set(this.serial, {resolve, reject});
    });
  }
}

const listOfDownloads = `
  const {Downloads} = ChromeUtils.importESModule(
      'resource://gre/modules/Downloads.sys.mjs');
  const all = await (await Downloads.getList(Downloads.ALL)).getAll();
`;

/** Starts a Firefox that keeps all it has in the folder `dir`. */
export const startFirefox = async (dir) => {
  const profile = path.join(dir, 'profile');
  const saved = path.join(dir, 'saved');
  [profile, saved].forEach((each) => fs.mkdirSync(each));
  fs.writeFileSync(
      path.join(profile, 'user.js'),
      Object.entries(preferences(saved))
          .map((each) => `user_pref(${each.map((x) => JSON.stringify(x))});\n`)
          .join(''));
  const child = spawn(
      program,
      [
        '--headless',
        '--no-remote',
        '--marionette',
        '--remote-allow-system-access',
        '--profile',
        profile,
      ],
      {
        env: {PATH: process.env.PATH, HOME: dir, LC_ALL: 'C.UTF-8'},
        stdio: 'ignore',
      });
  const port = path.join(profile, 'MarionetteActivePort');
  await until(() => {
    if (child.exitCode !== null) throw new Error(`it ended: ${child.exitCode}`);
    return fs.existsSync(port) && fs.readFileSync(port, 'utf8') !== '';
  }, 60);
  const marionette = new Marionette(Number(fs.readFileSync(port, 'utf8')));
  await marionette.greeted;
  await marionette.send('WebDriver:NewSession');
  // Runs the body of a function in the page, or as the browser itself.
  const run = async (context, script, args) => {
    await marionette.send('Marionette:SetContext', {value: context});
    const {value} = await marionette.send('WebDriver:ExecuteAsyncScript', {
      script: `const done = Array.prototype.pop.call(arguments);
        (async (...args) => {${script}})(...arguments).then(
            (value) => done({value}), (error) => done({error: String(error)}));`,
      args,
    });
    if (value.error) throw new Error(value.error);
    return value.value;
  };
  return {
    saved,
    inPage: (script, ...args) => run('content', script, args),
    async open(url) {
      await marionette.send('Marionette:SetContext', {value: 'content'});
      await marionette.send('WebDriver:Navigate', {url});
    },
    // Each download's state, the last one first.
    downloads: () => run('chrome', `${listOfDownloads}
      return all.map(({currentBytes, stopped, succeeded, target, source}) =>
          ({currentBytes, stopped, succeeded, path: target.path,
            url: source.url})).reverse();`, []),
    // What the button "Retry" of the downloads panel does
    // (DownloadsViewUI.sys.mjs, downloadsCmd_retry).
    retry: () => run('chrome', `${listOfDownloads}
      await all.at(-1).start().catch(() => {});`, []),
    async stop() {
      marionette.send('Marionette:Quit', {flags: ['eForceQuit']}).catch(() => {});
      const timer = setTimeout(() => child.kill('SIGKILL'), 10000);
      if (child.exitCode === null) await once(child, 'exit');
      clearTimeout(timer);
    },
  };
};
