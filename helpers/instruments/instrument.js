// Controls, strip and picture of an instrument. What they show comes from Python.

const make = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
const plain = value => String(value).replace(/[\^_]/g, "");
const ways = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const middle = node => {
  const box = node.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
};

/** The cell next to one in a direction: better far along it than far off it. */
function next(cells, here, [right, down]) {
  const [x, y] = middle(here);
  const far = cell => {
    const [u, v] = middle(cell), along = (u - x) * right + (v - y) * down;
    return along > 1 ? along + 4 * Math.abs((u - x) * down + (v - y) * right) : Infinity;
  };
  const best = cells.reduce((a, b) => (far(b) < far(a) ? b : a), here);
  return far(best) < Infinity ? best : here;
}

/** Make a node like another, keeping what is alike: what has the focus keeps it. */
function morph(old, now) {
  const gone = ({ name }) => name !== "tabindex" && !now.hasAttribute(name);
  [...old.attributes].filter(gone).forEach(({ name }) => old.removeAttribute(name));
  for (const { name, value } of now.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const after = [...now.childNodes];
  [...old.childNodes].slice(after.length).forEach(node => node.remove());
  after.forEach((node, n) => {
    const before = old.childNodes[n];
    if (!before) old.append(node);
    else if (before.nodeName !== node.nodeName) before.replaceWith(node);
    else if (node.nodeType !== Node.TEXT_NODE) morph(before, node);
    else if (before.nodeValue !== node.nodeValue) before.nodeValue = node.nodeValue;
  });
}

function render({ model, el }) {
  let pause, timer, stroke = null;
  const send = (what, ...to) => model.send({ do: what, to });
  const follow = (name, show) => { model.on(`change:${name}`, show); show(); };
  const set = (name, value) => {
    if (model.get(name) === value) return;
    model.set(name, value);
    model.save_changes();
  };
  const button = (label, onclick) =>
    Object.assign(make("button", { type: "button" }, label), { onclick });

  const kinds = {
    button: (name, label) => button(label, () => send(name)),
    play(name, label, options) {
      const node = button(label, () => set(name, !model.get(name)));
      pause = options;
      follow(name, () => { node.textContent = model.get(name) ? "pause" : label; });
      return node;
    },
    choice(name, label, options) {
      const node = make("span", { role: "group", "aria-label": label }, label);
      for (const value of options) {
        const one = button(value, () => set(name, value));
        follow(name, () => one.setAttribute("aria-pressed", model.get(name) === value));
        node.append(one);
      }
      return node;
    },
    list(name, label, options) {
      const all = options.map(one => make("option", {}, plain(one)));
      const list = make("select", { "aria-label": label }, ...all);
      list.onchange = () => set(name, options[list.selectedIndex]);
      follow(name, () => { list.selectedIndex = options.indexOf(model.get(name)); });
      return make("label", {}, label, list);
    },
    slider(name, label, [min, max, step]) {
      const shown = make("span", { class: "value" }), named = { "aria-label": label, type: "range" };
      const slider = make("input", { ...named, min, max, step });
      slider.oninput = () => set(name, slider.valueAsNumber);
      follow(name, () => { shown.textContent = slider.value = model.get(name); });
      return make("label", {}, label, slider, shown);
    },
  };

  /** A picture of cells: one tab stop, arrow keys from cell to cell. */
  function board(name, key, enter, act) {
    const node = make("div", { class: name });
    const cells = () => [...node.querySelectorAll(`[data-${key}]`)];
    node.of = target => target?.closest?.(`[data-${key}]`);
    let last;
    const stop = here => cells().forEach(one => { one.tabIndex = one === here ? 0 : -1; });
    node.addEventListener("focusin", event => {
      stop(event.target);
      last = event.target.dataset[key];
      enter(last);
    });
    node.onkeydown = event => {
      const here = node.of(event.target);
      if (here && event.key in ways) next(cells(), here, ways[event.key]).focus();
      else if (here && [" ", "Enter"].includes(event.key)) act(here);
      else return;
      event.preventDefault();
    };
    follow(name, () => {
      const focused = node.contains(document.activeElement);
      const fresh = node.cloneNode(false);
      fresh.innerHTML = model.get(name);
      morph(node, fresh);
      const here = cells().find(one => one.dataset[key] === last) ?? cells()[0];
      stop(here);
      if (focused) here?.focus({ preventScroll: true });
    });
    return node;
  }

  const choose = one => one && send("image", one.dataset.image);
  const strip = board("strip", "image", () => {}, choose);
  strip.onclick = event => choose(strip.of(event.target));

  const other = one => one.getAttribute("aria-pressed") !== "true";
  const paint = (one, ink) => {
    if (one?.getAttribute("role") !== "button" || other(one) !== ink) return;
    one.setAttribute("aria-pressed", ink);
    send("paint", one.dataset.at, ink);
  };
  const focus = at => set("at", at ?? "");
  const picture = board("picture", "at", focus, one => paint(one, other(one)));
  picture.onpointerover = event => focus(picture.of(event.target)?.dataset.at);
  picture.onpointerleave = () => focus(picture.of(document.activeElement)?.dataset.at);
  picture.addEventListener("focusout", () => setTimeout(() => {
    if (!picture.contains(document.activeElement)) focus("");
  }));
  picture.onpointerdown = event => {
    const one = picture.of(event.target), { clientX: x, clientY: y } = event;
    if (one?.getAttribute("role") !== "button" || event.button) return;
    event.preventDefault();
    one.focus({ preventScroll: true });
    stroke = { ink: other(one), x, y };
    picture.setPointerCapture(event.pointerId);
    paint(one, stroke.ink);
  };
  picture.onpointermove = ({ clientX, clientY }) => {
    if (!stroke) return;
    const { ink, x, y } = stroke, across = clientX - x, down = clientY - y;
    const steps = Math.ceil(Math.hypot(across, down) / 4);
    for (let n = 1; n <= steps; n++) {
      const place = [x + (across * n) / steps, y + (down * n) / steps];
      paint(picture.of(document.elementFromPoint(...place)), ink);
    }
    stroke = { ink, x: clientX, y: clientY };
  };
  picture.onpointerup = picture.onpointercancel = () => { stroke = null; };

  const controls = make("div", { class: "controls" });
  for (const [name, kind, ...more] of model.get("controls")) {
    controls.append(kinds[kind](name, ...more));
  }
  const said = make("div", { class: "said", role: "status" });
  follow("said", () => { said.innerHTML = model.get("said"); });
  model.on("change:frame change:playing", () => {
    clearTimeout(timer);
    if (model.get("playing")) timer = setTimeout(() => send("tick"), pause);
  });
  model.on("comm_live_update", () => {
    clearTimeout(timer);
    for (const part of [strip, controls, picture]) part.inert = true;
    said.textContent = "The kernel has gone. Run this cell to use it.";
  });
  el.classList.add("instrument");
  // JupyterLab's shortcuts take the arrow keys; these keys are meant for the instrument.
  el.addEventListener("keydown", event => event.stopPropagation());
  el.append(strip, controls, picture, said);
  return () => clearTimeout(timer);
}

export default { render };
