// The pattern explorer: settings beside a grid of queries and keys, which redraws at once.
// It starts in every <figure class="pattern-explorer"> of the page that has not been started, and needs nothing else.
(() => {
  "use strict";

  // The rule, as `LocalPattern` states it in 02_masks.ipynb. The browser test holds the two against each other.
  function firstKey(p, i) {
    if (!p.exact) return (Math.floor(i / p.window_size) - p.look_backward) * p.window_size;
    const reach = p.window_size * p.look_backward;
    return p.causal ? i - reach + 1 : i - reach;
  }
  function lastKey(p, i) {
    if (p.causal) return i;
    if (p.exact) return i + p.window_size * p.look_forward;
    return (Math.floor(i / p.window_size) + p.look_forward + 1) * p.window_size - 1;
  }
  const sees = (p, i, j) => firstKey(p, i) <= j && j <= lastKey(p, i);
  // End of the rule

  // What `LocalPattern` and `LocalAttention` say of settings that cannot be, or null.
  function complaint(p) {
    if (p.causal && p.look_forward > 0)
      return `look_forward must be 0 (or None) when causal=True, got ${p.look_forward}: a causal query sees nothing ahead`;
    if (p.causal && p.exact && p.look_backward === 0)
      return "look_backward must be at least 1 when exact=True and causal=True, got 0: the query would see window_size * look_backward = 0 keys";
    if (p.n % p.window_size && !p.autopad)
      return `sequence length ${p.n} is not a multiple of window_size ${p.window_size}; pass autopad=True`;
    return null;
  }

  // The state of an explorer: n, the arguments of LocalAttention, the masked keys, and the query pointed out.
  const START = { n: 16, window_size: 4, look_backward: 1, look_forward: 0, causal: true, exact: false, autopad: false, masked: "", query: 9 };
  const SLIDERS = { n: [1, 64, "length"], window_size: [1, 16], look_backward: [0, 4], look_forward: [0, 4] };
  const SWITCHES = { causal: "causal", exact: "exact_windowsize", autopad: "autopad" };
  const MASKS = {
    "no key": () => "",
    "padding at the end": (n) => runs(range(n - Math.ceil(n / 4), n), "-"),
    "padding in front": (n) => runs(range(0, Math.ceil(n / 4)), "-"),
    "every third key": (n) => runs(range(0, n).filter((j) => j % 3 === 2), "-"),
  };
  const FEATURES = 64;  // of one head, for the multiply-adds

  const range = (start, stop) => Array.from({ length: Math.max(0, stop - start) }, (_, k) => start + k);

  // [3, 7, 8, 9] -> "3, 7-9" with "-" for `to`
  function runs(numbers, to) {
    const parts = [];
    for (const j of numbers) {
      const last = parts[parts.length - 1];
      if (last && last[1] === j - 1) last[1] = j; else parts.push([j, j]);
    }
    return parts.map(([a, b]) => (a === b ? `${a}` : `${a}${to}${b}`)).join(", ");
  }

  // "3, 7-9" -> a set of 3, 7, 8, 9; null for text that says something else
  function positions(text) {
    const found = new Set();
    for (const part of text.split(",").map((s) => s.trim()).filter(Boolean)) {
      const match = part.match(/^(\d{1,3})(?:\s*-\s*(\d{1,3}))?$/);
      if (!match || Number(match[2] || match[1]) < Number(match[1])) return null;
      range(Number(match[1]), Number(match[2] || match[1]) + 1).forEach((j) => found.add(j));
    }
    return found;
  }

  const padded = (p) => Math.ceil(p.n / p.window_size) * p.window_size;
  const isKey = (p, j) => j < p.n && !p.gone.has(j);
  const keysOf = (p, i) => range(0, p.n).filter((j) => sees(p, i, j) && isKey(p, j));

  function sentence(p, i) {
    const keys = keysOf(p, i);
    if (!keys.length) return `Query ${i} sees no key. Its output is zeros.`;
    return `Query ${i} sees ${keys.length} ${keys.length === 1 ? "key" : "keys"}: ${runs(keys, " to ")}.`;
  }

  function cost(p) {
    const count = (k) => k.toLocaleString("en");
    const less = (part, whole) => `${Math.round(100 * (1 - part / whole))}\u00a0% less`;
    const scores = range(0, p.n).reduce((sum, i) => sum + keysOf(p, i).length, 0);
    const full = p.n * p.n, triangle = p.n * (p.n + 1) / 2;
    const text = `${count(scores)} of ${count(full)} scores are needed. For a head of ${FEATURES} features that is `
      + `${count(2 * FEATURES * scores)} multiply-adds, where full attention takes ${count(2 * FEATURES * full)}: ${less(scores, full)}.`;
    return p.causal ? `${text} Full causal attention needs ${count(triangle)} scores; this is ${less(scores, triangle)}.` : text;
  }

  // Python that makes this pattern, with the arguments that are not at their default
  function python(p) {
    const settings = (exact) => [`window_size=${p.window_size}`, p.causal && "causal=True", p.look_backward !== 1 && `look_backward=${p.look_backward}`,
      p.look_forward !== (p.causal ? 0 : 1) && `look_forward=${p.look_forward}`, p.exact && `${exact}=True`].filter(Boolean);
    const gone = range(0, p.n).filter((j) => p.gone.has(j));
    const mask = gone.length ? [`mask = torch.tensor([[j not in {${gone.join(", ")}} for j in range(${p.n})]])`] : [];
    return [`pattern = LocalPattern(${settings("exact").join(", ")})`,
      `attend = LocalAttention(${[...settings("exact_windowsize"), ...(p.autopad ? ["autopad=True"] : [])].join(", ")})`,
      ...mask, `out = attend(q, k, v${gone.length ? ", mask=mask" : ""})`].join("\n");
  }

  // The grid as SVG: a row of rectangles for each query, the key mask below it. Cells are units of `cell` pixels.
  const LEFT = 44, TOP = 6, STRIP = 18, BELOW = 56;
  function picture(p, cell) {
    const columns = p.autopad ? padded(p) : p.n, w = p.window_size;
    const kind = (i, j) => (isKey(p, j) ? (!sees(p, i, j) ? "hidden" : i === p.query ? "query" : "visible") : "padding");
    const row = (i) => {
      const parts = [];
      for (const j of range(0, columns)) {
        const last = parts[parts.length - 1];
        if (last && last.kind === kind(i, j)) last.width += 1; else parts.push({ kind: kind(i, j), x: j, width: 1 });
      }
      return parts.map((r) => `<rect class="${r.kind}" x="${r.x}" y="${i}" width="${r.width}" height="1"/>`).join("");
    };
    const line = (cls, x1, y1, x2, y2) => `<line class="${cls}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
    const lines = [
      ...range(1, columns).map((x) => line("gap", x, 0, x, p.n)), ...range(1, p.n).map((y) => line("gap", 0, y, columns, y)),
      ...range(1, columns).filter((x) => x % w === 0).map((x) => line("edge", x, 0, x, p.n)),
      ...range(1, p.n).filter((y) => y % w === 0).map((y) => line("edge", 0, y, columns, y))];
    const step = w * Math.ceil(24 / (w * cell));  // labels at the first positions of windows, 24 pixels apart at least
    const ticks = (count, place) => range(0, count).filter((k) => k % step === 0).map((k) => `<text ${place((k + 0.5) * cell)}>${k}</text>`).join("");
    const bottom = TOP + p.n * cell, unit = STRIP / cell;
    const strip = range(0, columns).map((j) => `<rect class="key ${isKey(p, j) ? "real" : "padding"}" x="${j}" y="0" width="1" height="${unit}"/>`);
    return `<g transform="translate(${LEFT} ${TOP}) scale(${cell})">`
      + `${range(0, p.n).map((i) => `<g data-query="${i}">${row(i)}</g>`).join("")}${lines.join("")}`
      + `<rect class="frame" x="0" y="${p.query}" width="${columns}" height="1"/></g>`
      + `<g transform="translate(${LEFT} ${bottom + 4}) scale(${cell})" class="strip">${strip.join("")}</g>`
      + `<g class="ticks" text-anchor="middle">${ticks(columns, (x) => `x="${LEFT + x}" y="${bottom + STRIP + 18}"`)}</g>`
      + `<g class="ticks" text-anchor="end">${ticks(p.n, (y) => `x="${LEFT - 6}" y="${TOP + y + 4}"`)}`
      + `<text x="${LEFT - 6}" y="${bottom + STRIP}">mask</text></g>`
      + `<text text-anchor="middle" x="${LEFT + columns * cell / 2}" y="${bottom + BELOW - 6}">key position j</text>`
      + `<text text-anchor="middle" transform="translate(12 ${TOP + p.n * cell / 2}) rotate(-90)">query position i</text>`;
  }

  const CONTROLS = `
    <div class="pe-controls">
      ${Object.entries(SLIDERS).map(([name, [least, most, label]]) => `<label class="pe-slider"><span>${label || name}</span>
        <input type="range" name="${name}" min="${least}" max="${most}"><b aria-hidden="true"></b></label>`).join("")}
      ${Object.entries(SWITCHES).map(([name, label]) => `<label class="pe-switch"><input type="checkbox" name="${name}"> ${label}</label>`).join("")}
      <label class="pe-field"><span>mask</span>
        <select name="preset">${[...Object.keys(MASKS), "own choice"].map((name) => `<option>${name}</option>`).join("")}</select></label>
      <label class="pe-field"><span>masked keys</span>
        <input type="text" name="masked" placeholder="such as 3, 7-9" autocomplete="off" spellcheck="false"></label>
      <a class="pe-link" hidden>Link to this pattern</a>
    </div>`;
  const RESULT = `
    <div class="pe-result">
      <p class="pe-error" role="alert" hidden></p>
      <div class="pe-shown">
        <svg tabindex="0" role="slider" aria-label="Query pointed out in the grid" aria-orientation="vertical" aria-valuemin="0"></svg>
        <p class="pe-legend" aria-hidden="true"><span><i class="visible"></i> visible key</span> <span><i class="query"></i> seen by this query</span>
          <span><i class="hidden"></i> hidden key</span> <span><i class="padding"></i> padding or masked</span></p>
        <p class="pe-query"></p>
        <p class="pe-cost" aria-live="polite"></p>
      </div>
    </div>`;
  const CODE = `<div class="pe-python"><pre><code></code></pre><button type="button">Copy</button></div>`;
  const STYLE = `
    .pattern-explorer { --pe-hidden: var(--hidden); --pe-visible: var(--visible); --pe-padding: var(--padding); --pe-gap: #ffffffb0;
      --pe-error: #a30d0d; color-scheme: light; margin: 0 0 1rem; font-size: .9rem; line-height: 1.45; }
    .pattern-explorer.pe-dark { --pe-hidden: #3c4043; --pe-visible: #3d9bd9; --pe-padding: #8f7489; --pe-gap: #00000070;
      --pe-error: #ff9d94; color-scheme: dark; }
    .pattern-explorer .pe-body { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; text-align: left; }
    .pattern-explorer .pe-controls { flex: 1 1 13rem; display: grid; gap: .5rem; }
    .pattern-explorer .pe-result { flex: 3 1 20rem; min-width: 0; }
    .pattern-explorer label { display: flex; align-items: center; gap: .5rem; margin: 0; font-size: .85rem; }
    .pattern-explorer label span { flex: 0 0 6.7rem; }
    .pattern-explorer label b { flex: 0 0 1.4rem; text-align: right; font-variant-numeric: tabular-nums; }
    .pattern-explorer input[type=range] { flex: 1 1 4rem; width: 4rem; accent-color: var(--pe-visible); }
    .pattern-explorer input[type=checkbox] { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--pe-visible); }
    .pattern-explorer :is(select, input[type=text], button) { flex: 1 1 4rem; width: 4rem; padding: .2rem .4rem; font: inherit;
      color: inherit; background: transparent; border: 1px solid var(--outline); border-radius: .25rem; }
    .pattern-explorer option { color: CanvasText; background: Canvas; }
    .pattern-explorer [aria-invalid=true] { border-color: var(--pe-error); outline: 1px solid var(--pe-error); }
    .pattern-explorer .pe-link { font-size: .85rem; }
    .pattern-explorer svg { display: block; margin: 0 auto; touch-action: pan-y; user-select: none; overflow: visible; border-radius: 2px; }
    .pattern-explorer svg:focus-visible { outline: 2px solid var(--query); outline-offset: 3px; }
    .pattern-explorer svg text { fill: currentColor; font-size: 11px; }
    .pattern-explorer svg .visible { fill: var(--pe-visible); } .pattern-explorer svg .query { fill: var(--query); }
    .pattern-explorer svg .hidden { fill: var(--pe-hidden); } .pattern-explorer svg .padding { fill: var(--pe-padding); }
    .pattern-explorer svg .real { fill: var(--pe-hidden); } .pattern-explorer svg .key { stroke: var(--outline); cursor: pointer; }
    .pattern-explorer svg :is(line, rect) { vector-effect: non-scaling-stroke; stroke-width: 1px; }
    .pattern-explorer svg .gap { stroke: var(--pe-gap); stroke-width: .6px; } .pattern-explorer svg .edge { stroke: var(--outline); }
    .pattern-explorer svg .frame { fill: none; stroke: var(--query); stroke-width: 2px; }
    .pattern-explorer p { margin: .5rem 0 0; max-width: none; }
    .pattern-explorer .pe-legend { font-size: .8rem; text-align: center; }
    .pattern-explorer .pe-legend span { white-space: nowrap; }
    .pattern-explorer .pe-legend i { display: inline-block; width: .8em; height: .8em; margin-left: .6em; }
    .pattern-explorer .pe-legend .visible { background: var(--pe-visible); } .pattern-explorer .pe-legend .query { background: var(--query); }
    .pattern-explorer .pe-legend .hidden { background: var(--pe-hidden); } .pattern-explorer .pe-legend .padding { background: var(--pe-padding); }
    .pattern-explorer .pe-query { font-weight: 600; min-height: 2.9em; }
    .pattern-explorer .pe-error { color: var(--pe-error); border-left: 3px solid; padding-left: .6rem; margin-bottom: .6rem;
      font-family: monospace; }
    .pattern-explorer .pe-python { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .6rem; margin-top: .8rem;
      padding: .6rem .75rem; text-align: left; border: 1px solid var(--outline); border-radius: .25rem; }
    .pattern-explorer .pe-python pre { flex: 1 1 20rem; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; background: none; color: inherit; }
    main.content .pattern-explorer .pe-python pre { padding: 0; border: 0; }
    .pattern-explorer .pe-python button { flex: none; width: auto; font-size: .8rem; cursor: pointer; }
    .pattern-explorer [hidden] { display: none; }
    .pattern-explorer figcaption { margin-top: .75rem; font-size: .85rem; }`;

  function start(root) {
    root.dataset.started = "";
    root.dataset.lmSuppressShortcuts = "true";  // JupyterLab leaves our keys to us
    root.insertAdjacentHTML("afterbegin", `<style>${STYLE}</style><div class="pe-body">${CONTROLS}${RESULT}</div>${CODE}`);
    const $ = (selector) => root.querySelector(selector);
    const field = (name) => $(`[name=${name}]`);
    const p = { ...START, ...fromAddress() };
    p.gone = positions(p.masked) || new Set();
    field("preset").value = p.masked ? "own choice" : "no key";
    const svg = $("svg");

    // Write the state into the controls and draw it, once for all changes between two frames of the screen.
    let waiting = false;
    function show() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; draw(); });
    }
    function draw() {
      for (const name of Object.keys(SLIDERS)) {
        field(name).value = p[name];
        field(name).nextElementSibling.textContent = p[name];
      }
      for (const name of Object.keys(SWITCHES)) field(name).checked = p[name];
      if (field("masked") !== document.activeElement) field("masked").value = p.masked;
      p.query = Math.max(0, Math.min(p.n - 1, p.query));
      const error = complaint(p);
      $(".pe-error").hidden = !error;
      $(".pe-error").textContent = error ? `ValueError: ${error}` : "";
      $(".pe-shown").hidden = $(".pe-python").hidden = Boolean(error);
      if (error) return;
      const columns = p.autopad ? padded(p) : p.n;
      const cell = Math.min(28, (Math.min(560, $(".pe-result").clientWidth || 560) - LEFT - 4) / columns);
      const [width, height] = [LEFT + columns * cell + 2, TOP + p.n * cell + BELOW];
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.setAttribute("width", width);
      svg.setAttribute("height", height);
      svg.innerHTML = picture(p, cell);
      svg.setAttribute("aria-valuemax", p.n - 1);
      svg.setAttribute("aria-valuenow", p.query);
      svg.setAttribute("aria-valuetext", sentence(p, p.query));
      $(".pe-query").textContent = sentence(p, p.query);
      const price = cost(p);
      if ($(".pe-cost").textContent !== price) $(".pe-cost").textContent = price;  // a screen reader speaks what changes
      $(".pe-python code").textContent = python(p);
      $(".pe-link").href = "?" + new URLSearchParams(Object.keys(START).map((name) => [name, typeof p[name] === "boolean" ? Number(p[name]) : p[name]]));
    }

    function setMask(text, preset) {
      const gone = positions(text);
      field("masked").setAttribute("aria-invalid", !gone);
      if (!gone) return;
      Object.assign(p, { masked: text, gone });
      field("preset").value = preset;
    }

    // Each control changes the state, then everything is drawn again.
    root.addEventListener("input", (event) => {
      const { name, value, checked } = event.target;
      if (name in SLIDERS) p[name] = Number(value);
      if (name in SWITCHES) p[name] = checked;
      if (name === "causal") p.look_forward = checked ? 0 : 1;  // what look_forward=None means
      if (name === "masked") setMask(value, "own choice");
      const preset = field("preset").value;
      if ((name === "preset" || name === "n") && preset in MASKS) setMask(MASKS[preset](p.n), preset);
      show();
    });

    // The pointer and the arrow keys choose the query; a click on the strip below the grid masks a key.
    const place = (event) => {
      const box = svg.getBoundingClientRect(), columns = p.autopad ? padded(p) : p.n;
      const cell = (box.width - LEFT - 2) / columns;
      const [x, y] = [event.clientX - box.left - LEFT, event.clientY - box.top - TOP];
      return { i: Math.floor(y / cell), j: Math.floor(x / cell), below: y - p.n * cell };
    };
    const choose = (i) => { if (i >= 0 && i < p.n && i !== p.query) { p.query = i; show(); } };
    for (const name of ["pointermove", "pointerdown"]) svg.addEventListener(name, (event) => choose(place(event).i));
    svg.addEventListener("click", (event) => {
      const { j, below } = place(event);
      if (below < 0 || below > STRIP + 8 || j < 0 || j >= p.n) return;
      const gone = new Set(p.gone);
      if (!gone.delete(j)) gone.add(j);
      setMask(runs([...gone].sort((a, b) => a - b), "-"), "own choice");
      show();
    });
    svg.addEventListener("keydown", (event) => {
      const to = { ArrowDown: p.query + 1, ArrowRight: p.query + 1, ArrowUp: p.query - 1, ArrowLeft: p.query - 1, Home: 0, End: p.n - 1,
        PageDown: Math.min(p.n - 1, p.query + p.window_size), PageUp: Math.max(0, p.query - p.window_size) }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      choose(to);
    });

    $(".pe-python button").addEventListener("click", async () => {
      const button = $(".pe-python button");
      try { await navigator.clipboard.writeText($(".pe-python code").textContent); button.textContent = "Copied"; }
      catch (error) { getSelection().selectAllChildren($(".pe-python code")); button.textContent = "Selected: press Ctrl+C"; }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    $(".pe-link").hidden = !root.closest("main.content");  // a page of the site, not a notebook

    // Dark where the text around us is light, in the site and in Jupyter alike.
    const dark = () => {
      const [r, g, b] = (getComputedStyle(root).color.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
      root.classList.toggle("pe-dark", 0.299 * r + 0.587 * g + 0.114 * b > 128);
    };
    const observer = new MutationObserver(() => { dark(); setTimeout(dark, 150); });
    for (const element of [document.documentElement, document.body]) observer.observe(element, { attributes: true });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(dark, 150));
    addEventListener("load", dark);
    dark();
    draw();
    if (window.ResizeObserver) {
      let width = 0;
      new ResizeObserver(([entry]) => {
        if (Math.abs(entry.contentRect.width - width) > 1) show();
        width = entry.contentRect.width;
      }).observe($(".pe-result"));
    }
  }

  // Settings in the page's address, as "Link to this pattern" writes them
  function fromAddress() {
    const given = new URLSearchParams(location.search), found = {};
    for (const [name, [least, most]] of Object.entries(SLIDERS))
      if (/^\d{1,3}$/.test(given.get(name) || "")) found[name] = Math.min(most, Math.max(least, Number(given.get(name))));
    for (const name of Object.keys(SWITCHES)) if (given.has(name)) found[name] = given.get(name) === "1";
    if (/^\d{1,3}$/.test(given.get("query") || "")) found.query = Number(given.get("query"));
    if (positions(given.get("masked") || "")) found.masked = given.get("masked") || "";
    return found;
  }

  document.querySelectorAll("figure.pattern-explorer:not([data-started])").forEach(start);
})();
