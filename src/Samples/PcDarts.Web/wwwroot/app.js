'use strict';

const element = id => document.getElementById(id);
const percent = value => `${(100 * value).toFixed(1)} %`;
const drop = element('drop'), preview = element('preview'), result = element('result'), problem = element('problem');
let shownModel = null, question = 0;

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function showProblem(title, detail) {
  result.replaceChildren(make('p', 'note', 'No answer for this picture.'));
  problem.replaceChildren(make('strong', '', title), document.createTextNode(detail ?? ''));
}

function showAnswer(answer) {
  const list = make('ol', 'classes');
  for (const { label, probability } of answer.top) {
    const item = make('li'), track = make('div', 'track'), bar = make('div', 'bar');
    bar.style.width = `${100 * probability}%`;
    track.append(bar);
    item.append(make('span', 'name', label), track, make('span', 'value', percent(probability)));
    list.append(item);
  }
  problem.replaceChildren();
  result.replaceChildren(make('p', 'best', answer.label), list);
  if (answer.model !== shownModel) showModel();
}

function showPreview(file) {
  URL.revokeObjectURL(preview.src);
  preview.onload = () => {
    preview.hidden = false;
    preview.classList.toggle('small', preview.naturalWidth < 128);
  };
  preview.onerror = () => { preview.hidden = true; };
  preview.alt = `Preview of ${file.name || 'the picture'}`;
  preview.src = URL.createObjectURL(file);
  element('invitation').textContent = file.name || 'Picture';
}

async function ask(file) {
  if (!file) return;
  const mine = ++question;
  showPreview(file);
  result.classList.add('busy');
  try {
    const form = new FormData();
    form.append('file', file, file.name || 'picture');
    const response = await fetch('predict?top=5', { method: 'POST', body: form, headers: { Accept: 'application/json' } });
    const answer = await response.json();
    if (mine !== question) return;
    if (response.ok) showAnswer(answer);
    else showProblem(answer.title ?? `The server answers ${response.status}`, answer.detail);
  } catch {
    if (mine === question) showProblem('The server cannot be reached', 'Check that it is running, then try again.');
  } finally {
    if (mine === question) result.classList.remove('busy');
  }
}

async function showModel() {
  try {
    const [model, cells] = await Promise.all([
      fetch('model').then(response => response.json()),
      fetch('model/cells.svg').then(response => response.text()),
    ]);
    shownModel = model.model;
    const number = value => value?.toLocaleString('en');
    const facts = {
      Classes: model.classNames.length,
      'Picture size': `${model.shape.imageWidth}×${model.shape.imageHeight}`,
      Cells: model.shape.layers,
      Parameters: number(model.size?.parameters),
      'Multiply-adds': number(model.size?.multiplyAdds),
      'Validation accuracy': model.validationAccuracy == null ? undefined : percent(model.validationAccuracy),
      File: `${number(Math.round(model.bytes / 1024))} KiB`,
      Model: model.model.slice(0, 8),
    };
    element('facts').replaceChildren(...Object.entries(facts).filter(([, value]) => value !== undefined).map(([name, value]) => {
      const tile = make('div');
      tile.append(make('dt', '', name), make('dd', '', value));
      return tile;
    }));
    element('cells').innerHTML = cells;
    const names = model.classNames.slice(0, 12).join(', ') + (model.classNames.length > 12 ? ', …' : '');
    element('served').textContent = `The model knows ${model.classNames.length} classes: ${names}.`;
  } catch {
    element('served').textContent = 'The server cannot be reached. Check that it is running, then load this page again.';
  }
}

for (const [button, input] of [['choose', 'file'], ['photograph', 'camera']]) {
  element(button).addEventListener('click', () => element(input).click());
  element(input).addEventListener('change', event => {
    ask(event.target.files[0]);
    event.target.value = '';
  });
}
for (const type of ['dragenter', 'dragover']) {
  document.addEventListener(type, event => {
    event.preventDefault();
    drop.classList.add('over');
  });
}
document.addEventListener('dragleave', event => {
  if (!event.relatedTarget) drop.classList.remove('over');
});
document.addEventListener('drop', event => {
  event.preventDefault();
  drop.classList.remove('over');
  ask(event.dataTransfer.files[0]);
});
document.addEventListener('paste', event => ask([...event.clipboardData.files][0]));
showModel();
