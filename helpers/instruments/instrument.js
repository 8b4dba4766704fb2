// Controls, strip and picture of an instrument. What they show comes from Python.

const make = (tag, properties, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
const plain = value => String(value).replace(/[\^_]/g, "");
const cell = target => target?.closest?.("[data-at]");
const on = node => node.ariaPressed === "true";
const ways = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
};

/** The cell next to one in a direction: better far along it than far off it. */
function next(cells, here, [right, down]) {
  const { x, y } = here.getBoundingClientRect();
  const far = one => {
    const to = one.getBoundingClientRect(), u = to.x - x, v = to.y - y;
    const along = u * right + v * down, off = Math.abs(u * down + v * right);
    return along > 1 ? along + 4 * off : Infinity;
  };
  return cells.reduce((best, one) => (far(one) < far(best) ? one : best), here);
}

/** Make a node like another, keeping what is alike, its focus and its tab stop. */
function morph(old, now) {
  const alike = old.nodeName === now.nodeName
    && old.attributes?.length === now.attributes?.length;
  if (!alike || !now.attributes) return old.replaceWith(now);
  for (const { name, value } of now.attributes) {
    if (name !== "tabindex") old.setAttribute(name, value);
  }
  const before = [...old.childNodes], after = [...now.childNodes];
  before.slice(after.length).forEach(node => node.remove());
  after.forEach((node, n) => (before[n] ? morph(before[n], node) : old.append(node)));
}

function render({ model, el }) {
  let timer, stroke;
  const send = (what, ...to) => model.send({ do: what, to });
  // State waits while the kernel is busy, and what is sent overtakes it: only what
  // moves on and on, a slider and the pointer, is state.
  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const follow = (name, show) => {
    model.on(`change:${name}`, () => show(model.get(name)));
    show(model.get(name));
  };
  const button = (label, onclick) => make("button", { type: "button", onclick }, label);
  const choose = (label, name, value, isOn) => {
    const node = button(label, () => send("set", name, value()));
    follow(name, now => { node.ariaPressed = isOn(now); });
    return node;
  };

  const kinds = {
    button: (name, label) => button(label, () => send(name)),
    switch: (name, label) => choose(label, name, () => !model.get(name), Boolean),
    choice(name, label, options) {
      const all = options.map(one => choose(one, name, () => one, now => now === one));
      return make("span", { role: "group", ariaLabel: label }, label, ...all);
    },
    list(name, label, options) {
      const list = make("select", { ariaLabel: label });
      list.append(...options.map(one => new Option(plain(one))));
      list.onchange = () => send("set", name, options[list.selectedIndex]);
      follow(name, now => { list.selectedIndex = options.indexOf(now); });
      return make("label", {}, label, list);
    },
    slider(name, label, [min, max, step]) {
      const shown = make("span", { className: "value" });
      const slider = make("input", { type: "range", ariaLabel: label, min, max, step });
      slider.oninput = () => set(name, slider.valueAsNumber);
      follow(name, now => { shown.textContent = slider.value = now; });
      return make("label", {}, label, slider, shown);
    },
  };
  const controls = make("div", { className: "controls" });
  for (const [name, kind, ...more] of model.get("controls")) {
    controls.append(kinds[kind](name, ...more));
  }

  /** A picture of cells: one tab stop, arrow keys from cell to cell. */
  function board(name, press) {
    const node = make("div", { className: name });
    const stop = () => node.querySelector("[tabindex='0']");
    node.addEventListener("focusin", ({ target }) => {
      stop().tabIndex = -1;
      target.tabIndex = 0;
    });
    node.onkeydown = event => {
      const here = cell(event.target), cells = [...node.querySelectorAll("[data-at]")];
      if (event.key in ways) next(cells, here, ways[event.key]).focus();
      else if (event.key === " " || event.key === "Enter") press(here);
      else return;
      event.preventDefault();
    };
    follow(name, drawn => {
      morph(node, make("div", { className: name, innerHTML: drawn }));
      if (!stop()) node.querySelector("[tabindex]")?.setAttribute("tabindex", 0);
    });
    return node;
  }

  const pick = one => one && send("set", "image", Number(one.dataset.at));
  const strip = board("strip", pick);
  strip.onclick = ({ target }) => pick(cell(target));

  const paint = (one, ink) => {
    if (one?.role !== "button" || on(one) === ink) return;
    one.ariaPressed = ink;
    send("paint", one.dataset.at, ink);
  };
  const picture = board("picture", one => paint(one, !on(one)));
  const point = target => {
    const one = cell(target) ?? picture.querySelector(":focus");
    set("at", one?.dataset.at ?? "");
  };
  picture.addEventListener("focusin", ({ target }) => point(target));
  picture.addEventListener("focusout", () => setTimeout(point));
  picture.onpointerover = ({ target }) => point(target);
  picture.onpointerleave = () => point();
  picture.onpointerdown = event => {
    const one = cell(event.target);
    if (one?.role !== "button" || event.button) return;
    event.preventDefault();
    one.focus({ preventScroll: true });
    stroke = { ink: !on(one), x: event.clientX, y: event.clientY };
    picture.onpointermove(event);
  };
  picture.onpointermove = ({ buttons, clientX, clientY }) => {
    if (!buttons) stroke = undefined;
    if (!stroke) return;
    const across = clientX - stroke.x, down = clientY - stroke.y;
    const steps = Math.ceil(Math.hypot(across, down) / 4) || 1;
    for (let n = 1; n <= steps; n++) {
      const x = stroke.x + (across * n) / steps, y = stroke.y + (down * n) / steps;
      paint(cell(document.elementFromPoint(x, y)), stroke.ink);
    }
    Object.assign(stroke, { x: clientX, y: clientY });
  };

  const fields = make("div", { className: "fields" });
  follow("asked", asked => fields.replaceChildren(...asked.map(([at, name]) => {
    const field = make("input", { type: "number", step: "any" });
    field.onchange = () => send("answer", at, field.valueAsNumber);
    const reveal = button("reveal", () => send("reveal", at));
    reveal.ariaLabel = `reveal ${name}`;
    return make("span", {}, make("label", {}, name, field), reveal);
  })));
  const said = make("div", { className: "said", role: "status" });
  follow("said", sentence => { said.innerHTML = sentence; });

  model.on("change:frame change:playing", () => {
    clearTimeout(timer);
    if (model.get("playing")) timer = setTimeout(send, model.get("pause"), "tick");
  });
  const parts = [strip, controls, picture, fields];
  model.on("comm_live_update", () => {
    clearTimeout(timer);
    for (const part of parts) part.inert = true;
    said.textContent = "The kernel has gone. Run this cell to use it.";
  });
  // JupyterLab's shortcuts would take the arrow keys.
  el.addEventListener("keydown", event => event.stopPropagation());
  el.classList.add("instrument");
  el.append(...parts, said);
  return () => clearTimeout(timer);
}

export default { render };
