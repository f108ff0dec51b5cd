// Two browsers behind one interface, of what the tests of download.js do:
// Chromium through Playwright, Firefox ESR through WebDriver BiDi.
//
// CHROMIUM   the one, /usr/bin/chromium unless set
// FIREFOX    the other, /usr/bin/firefox-esr unless set

import fs from 'node:fs';
import path from 'node:path';

import {chromium} from 'playwright-core';
import puppeteer from 'puppeteer-core';

import {until} from '../servers/target.mjs';

const programs = {
  Chromium: process.env.CHROMIUM || '/usr/bin/chromium',
  Firefox: process.env.FIREFOX || '/usr/bin/firefox-esr',
};

export const names = Object.keys(programs);

/** Why the tests of a browser are skipped, or false. */
export const skipOf = (name) =>
    fs.existsSync(programs[name]) ? false : `${programs[name]} is not there`;

/** A person before one tab: `page` is the library's, for what is alike. */
class Visitor {
  constructor(page, saved, toFunction) {
    Object.assign(this, {page, saved, toFunction});
  }

  open(url) {
    return this.page.goto(url);
  }

  // Playwright takes one argument, and so there is one.
  run(script, argument) {
    return this.page.evaluate(script, argument);
  }

  /** Waits until `script` says something of the page, and returns that. */
  async eventually(script, argument) {
    const handle = await this.toFunction(script, argument);
    return handle.jsonValue();
  }

  async click(selector, {button = 'left', count = 1, keys = []} = {}) {
    await this.page.waitForSelector(selector);
    for (const key of keys) await this.page.keyboard.down(key);
    for (let i = 0; i < count; i += 1) await this.page.click(selector, {button});
    for (const key of keys) await this.page.keyboard.up(key);
  }

  /** Clicks what is no link of the page's own: found by its words. */
  async clickOn(kind, words) {
    await this.eventually(([name, text]) => {
      const found = [...document.querySelectorAll(name)].find(
          (each) => each.textContent === text);
      if (found) found.id = 'found';
      return Boolean(found);
    }, [kind, words]);
    await this.click('#found');
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  /** What is said beside the link, once it is. */
  words() {
    return this.eventually(() => [
      ...document.querySelectorAll('.claimcheck-status'),
    ].map((each) => each.textContent.trim()).find(Boolean));
  }
}

class Chromium {
  async start(dir, {cookies, script}) {
    const profile = path.join(dir, 'profile');
    const settings = {default_content_setting_values: {cookies: 2}};
    if (!cookies) {
      fs.mkdirSync(path.join(profile, 'Default'), {recursive: true});
      fs.writeFileSync(
          path.join(profile, 'Default/Preferences'),
          JSON.stringify({profile: settings}));
    }
    this.context = await chromium.launchPersistentContext(profile, {
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
      executablePath: programs.Chromium,
      javaScriptEnabled: script,
    });
    this.context.setDefaultTimeout(20000);
  }

  async visit() {
    if (this.page) await this.page.close();
    await this.context.clearCookies();
    this.page = await this.context.newPage();
    return this.visitorOf(this.page);
  }

  visitorOf(page) {
    const downloads = [];
    page.on('download', (download) => downloads.push(download));
    const saved = async (name) => {
      const find = () => downloads.findIndex(
          (each) => each.suggestedFilename() === name);
      await until(() => find() >= 0, 20);
      const [download] = downloads.splice(find(), 1);
      const failure = await download.failure();
      if (failure) throw new Error(`${name}: ${failure}`);
      return fs.readFileSync(await download.path());
    };
    return new Visitor(
        page, saved, (run, argument) => page.waitForFunction(run, argument));
  }

  async tabAfter(act) {
    const [page] =
        await Promise.all([this.context.waitForEvent('page'), act()]);
    await page.waitForLoadState();
    return this.visitorOf(page);
  }

  stop() {
    return this.context.close();
  }
}

// While a script of the remote control runs, Firefox tells the page that no
// click counts; seen as isActive false for 50 ms, amid a click's five seconds.
const forgetActivation = () => {
  delete Navigator.prototype.userActivation;
};

class Firefox {
  async start(dir, {cookies, script}) {
    this.dir = path.join(dir, 'saved');
    fs.mkdirSync(this.dir);
    this.browser = await puppeteer.launch({
      browser: 'firefox',
      env: {PATH: process.env.PATH, HOME: dir, LC_ALL: 'C.UTF-8'},
      executablePath: programs.Firefox,
      extraPrefsFirefox: {
        'browser.download.always_ask_before_handling_new_types': false,
        'browser.download.dir': this.dir,
        'browser.download.folderList': 2,
        'browser.download.useDownloadDir': true,
        'javascript.enabled': script,
        'network.cookie.cookieBehavior': cookies ? 0 : 2,
      },
      headless: true,
    });
  }

  async visit({needsActivation} = {}) {
    if (this.context) await this.context.close();
    for (const name of fs.readdirSync(this.dir)) {
      fs.rmSync(path.join(this.dir, name));
    }
    this.context = await this.browser.createBrowserContext();
    const page = await this.context.newPage();
    if (!needsActivation) await page.evaluateOnNewDocument(forgetActivation);
    return this.visitorOf(page);
  }

  visitorOf(page) {
    page.setDefaultTimeout(20000);
    // Under its own name there is an empty file until it is whole.
    const saved = async (name) => {
      const file = path.join(this.dir, name);
      const isWhole = () => fs.existsSync(file) && fs.statSync(file).size > 0 &&
          !fs.readdirSync(this.dir).some((each) => each.endsWith('.part'));
      await until(isWhole, 20);
      const bytes = fs.readFileSync(file);
      fs.rmSync(file);
      return bytes;
    };
    return new Visitor(
        page, saved,
        (run, argument) => page.waitForFunction(run, {}, argument));
  }

  async tabAfter(act) {
    const before = await this.context.pages();
    const others = async () =>
        (await this.context.pages()).filter((each) => !before.includes(each));
    await act();
    await until(async () => (await others()).length > 0, 20);
    return this.visitorOf((await others())[0]);
  }

  stop() {
    return this.browser.close();
  }
}

/**
 * Starts the browser `name`, which keeps all it has in the folder `dir`; with
 * cookies and scripts, unless told otherwise. visit() is a new person.
 */
export const startBrowser =
    async (name, dir, {cookies = true, script = true} = {}) => {
  const driver = name === 'Chromium' ? new Chromium() : new Firefox();
  await driver.start(dir, {cookies, script});
  return driver;
};
