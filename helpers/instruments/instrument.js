// Controls, strip and picture of an instrument. What they show comes from Python.

const make = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  node.append(...children);
  return node;
};
const plain = value => String(value).replace(/[\^_]/g, "");
const ways = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
};
const middle = node => {
  const { x, y, width, height } = node.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
};

/** The cell next to one in a direction: better far along it than far off it. */
function next(cells, here, [right, down]) {
  const [x, y] = middle(here);
  const far = cell => {
    const [u, v] = middle(cell), along = (u - x) * right + (v - y) * down;
    const off = Math.abs((u - x) * down + (v - y) * right);
    return along > 1 ? along + 4 * off : Infinity;
  };
  const best = cells.reduce((a, b) => (far(b) < far(a) ? b : a), here);
  return far(best) < Infinity ? best : here;
}

/** Make a node like another, keeping what is alike: what has the focus keeps it. */
function morph(old, now) {
  for (const name of old.getAttributeNames()) {
    if (name !== "tabindex" && !now.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of now.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const after = [...now.childNodes];
  [...old.childNodes].slice(after.length).forEach(node => node.remove());
  after.forEach((node, n) => {
    const before = old.childNodes[n];
    if (!before) old.append(node);
    else if (before.nodeName !== node.nodeName) before.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) before.nodeValue = node.nodeValue;
    else morph(before, node);
  });
}

function render({ model, el }) {
  let pause, timer, stroke, rewind, advance = () => send("tick");
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
    rewind: (name, label) => button(label, () => rewind()),
    play(name, label, options) {
      const node = button(label, () => {
        if (!model.get(name)) rewind?.(true);
        set(name, !model.get(name));
      });
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
      const shown = make("span", { class: "value" });
      const range = { type: "range", min, max, step };
      const slider = make("input", { "aria-label": label, ...range });
      slider.oninput = () => set(name, slider.valueAsNumber);
      follow(name, () => { shown.textContent = slider.value = model.get(name); });
      rewind = onlyAtEnd => (onlyAtEnd && model.get(name) < max) || set(name, min);
      advance = () => {
        if (model.get(name) + step >= max) set("playing", false);
        set(name, Math.min(model.get(name) + step, max));
      };
      return make("label", {}, label, slider, shown);
    },
  };

  /** A picture of cells: one tab stop, arrow keys from cell to cell. */
  function board(name, key, enter, act) {
    let last;
    const node = make("div", { class: name });
    const cells = () => [...node.querySelectorAll(`[data-${key}]`)];
    const stop = here => {
      for (const one of cells()) one.tabIndex = one === here ? 0 : -1;
    };
    node.of = target => target?.closest?.(`[data-${key}]`);
    node.addEventListener("focusin", event => {
      stop(event.target);
      enter(last = event.target.dataset[key]);
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

  const canPaint = one => one?.getAttribute("role") === "button";
  const other = one => one.getAttribute("aria-pressed") !== "true";
  const paint = (one, ink) => {
    if (!canPaint(one) || other(one) !== ink) return;
    one.setAttribute("aria-pressed", ink);
    send("paint", one.dataset.at, ink);
  };
  const point = at => set("at", at ?? "");
  const pointAtFocus = () => point(picture.of(document.activeElement)?.dataset.at);
  const picture = board("picture", "at", point, one => paint(one, other(one)));
  picture.addEventListener("focusout", () => setTimeout(pointAtFocus));
  picture.onpointerover = event => point(picture.of(event.target)?.dataset.at);
  picture.onpointerleave = pointAtFocus;
  picture.onpointerdown = event => {
    const one = picture.of(event.target), { clientX: x, clientY: y } = event;
    if (!canPaint(one) || event.button) return;
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

  const fields = make("div", { class: "fields" });
  follow("asked", () => fields.replaceChildren(...model.get("asked").map(one => {
    const [at, name] = one, field = make("input", { type: "number", step: "any" });
    const reveal = button("reveal", () => send("reveal", at));
    reveal.setAttribute("aria-label", `reveal ${name}`);
    field.onchange = () => send("answer", at, field.valueAsNumber);
    return make("span", {}, make("label", {}, name, field), reveal);
  })));
  const said = make("div", { class: "said", role: "status" });
  follow("said", () => { said.innerHTML = model.get("said"); });
  const controls = make("div", { class: "controls" });
  for (const [name, kind, ...more] of model.get("controls")) {
    controls.append(kinds[kind](name, ...more));
  }
  model.on("change:frame change:playing", () => {
    clearTimeout(timer);
    if (model.get("playing")) timer = setTimeout(advance, pause);
  });
  model.on("comm_live_update", () => {
    clearTimeout(timer);
    for (const part of [strip, controls, fields, picture]) part.inert = true;
    said.textContent = "The kernel has gone. Run this cell to use it.";
  });
  // JupyterLab's shortcuts would take the arrow keys.
  el.addEventListener("keydown", event => event.stopPropagation());
  el.classList.add("instrument");
  el.append(strip, controls, picture, fields, said);
  return () => clearTimeout(timer);
}

export default { render };
