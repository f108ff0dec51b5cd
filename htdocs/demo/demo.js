// The demo's own half: what becomes of a link, of a download that broke off,
// and what the log says of them. A real page needs none of this.
import {followAudit} from './demo.audit.js';
import {element} from './demo.ask.js';
import {demonstrateCopy} from './demo.copied.js';
import {demonstrateResume} from './demo.resume.js';

const onClick = (name, demonstrate) => {
  const button = element(`${name}-make`);
  const failure = element(`${name}-error`);
  button.addEventListener('click', async () => {
    button.disabled = true;
    failure.textContent = '';
    try {
      await demonstrate();
    } catch (error) {
      failure.textContent = `That failed: ${error.message}`;
    }
    button.disabled = false;
    button.focus({preventScroll: true});
  });
};

async function downloadWithAnchor(url) {
  const response = await fetch('/v1/api/jwt/get-token');
  const {token} = await response.json();
  const link = document.createElement('a');
  link.href = url + (url.includes('?') ? '&' : '?') + 'token=' + token;
  link.setAttribute('download', '');
  document.body.appendChild(link);
  link.click();
  link.remove();
}

for (const hidden of document.querySelectorAll('[data-scripted]')) {
  hidden.hidden = false;
}
onClick('copied', demonstrateCopy);
onClick('resume', demonstrateResume);
for (const button of document.querySelectorAll('[data-article]')) {
  button.addEventListener(
      'click', () => downloadWithAnchor(button.dataset.article));
}
followAudit();
