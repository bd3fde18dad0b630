// The pattern explorer: settings beside a grid of queries and keys, which redraws at once.
// It starts in every <figure class="pattern-explorer"> of the page that has not been started, and needs nothing else.
(() => {
  "use strict";

  // The rule, as 02_masks.ipynb states it. The browser test holds the two against each other.
  const FAR = 2 ** 30;
  function firstKey(p, i) {
    if (p.kind === "reach") return i - (p.before === null ? FAR : p.before * p.dilation);
    const w = p.window_size * p.dilation;
    if (!p.exact) return (Math.floor(i / w) - p.look_backward) * w;
    return i - w * p.look_backward + (p.causal ? p.dilation : 0);
  }
  function lastKey(p, i) {
    if (p.kind === "reach") return i + (p.after === null ? FAR : p.after * p.dilation);
    const w = p.window_size * p.dilation;
    if (p.causal) return i;
    return p.exact ? i + w * p.look_forward : (Math.floor(i / w) + p.look_forward + 1) * w - 1;
  }
  function sees(p, i, j) {
    const inRun = firstKey(p, i) <= j && j <= lastKey(p, i) && (i - j) % p.dilation === 0;
    return inRun || (j < p.sinks && j <= i);
  }
  function visible(s, i, j) {
    if (s.documentOf[i] !== s.documentOf[j] || s.masked.has(j)) return false;
    const start = s.documentOf.indexOf(s.documentOf[i]);  // windows and sinks begin with each document
    const [one, two] = [s.a, s.b].map((p) => sees(p, i - start, j - start));
    const seen = { "": one, "&": one && two, "|": one || two }[s.op];
    return seen || ((s.global_tokens.has(i) || s.global_tokens.has(j)) && (j <= i || !isCausal(s)));
  }
  // End of the rule

  const causal = (p) => (p.kind === "reach" ? p.after === 0 : p.causal);
  const isCausal = (s) => ({ "": causal(s.a), "&": causal(s.a) || causal(s.b), "|": causal(s.a) && causal(s.b) }[s.op]);
  const range = (start, stop) => Array.from({ length: Math.max(0, stop - start) }, (_, k) => start + k);
  const plain = (s) => !s.op && s.a.kind === "windows" && !s.a.sinks && s.a.dilation === 1;  // what LocalAttention's own arguments can say
  const NONE = 17;  // the slider's place for "no limit"

  // What the library says of settings that cannot be, or null.
  function complaint(s) {
    for (const p of s.op ? [s.a, s.b] : [s.a]) {
      if (p.kind === "reach") continue;
      if (p.causal && p.look_forward > 0)
        return `look_forward must be 0 (or None) when causal=True, got ${p.look_forward}: a causal query sees nothing ahead`;
      if (p.causal && p.exact && p.look_backward === 0)
        return "look_backward must be at least 1 when exact=True and causal=True, got 0: the query would see window_size * look_backward = 0 keys";
    }
    if (plain(s) && s.n % s.a.window_size && !s.autopad)
      return `sequence length ${s.n} is not a multiple of window_size ${s.a.window_size}; pass autopad=True`;
    return null;
  }

  // The state: two patterns, how they combine, what is told at the call, and the query pointed out.
  const PATTERN = { kind: "windows", window_size: 4, look_backward: 1, look_forward: 0, causal: true, exact: false, before: 7, after: 0, sinks: 0, dilation: 1 };
  const START = { n: 16, a: PATTERN, op: "", b: { ...PATTERN, kind: "reach", before: null }, documents: "", global_tokens: "", masked: "", autopad: false, query: 9 };
  const SLIDERS = { n: [1, 64, "length"], window_size: [1, 16], look_backward: [0, 4], look_forward: [0, 4], before: [0, NONE], after: [0, NONE], sinks: [0, 8], dilation: [1, 4] };
  const LISTS = { documents: "documents begin at", global_tokens: "global_tokens", masked: "masked keys" };
  const reach = (before, after = 0, more = {}) => ({ ...PATTERN, kind: "reach", before, after, ...more });
  const PRESETS = {
    "Windows": [{}, "Windows of this library and of local-attention."],
    "Mistral": [{ n: 32, a: reach(15) }, "The first Mistral 7B sees 4,096 keys, the query’s own among them: LocalPattern.reach(4095). Drawn with 16."],
    "Gemma 3": [{ n: 32, a: reach(7) }, "Five of six layers see 1,024 keys (512 in the smallest models), LocalPattern.reach(1023); the sixth sees all before it. Drawn with 8."],
    "gpt-oss": [{ n: 32, a: reach(3) }, "Every other layer sees 128 keys, LocalPattern.reach(127), and each head has a sink logit, which takes weight but is no key. Drawn with 4."],
    "ModernBERT": [{ n: 32, a: reach(4, 4) }, "Two of three layers see 64 keys on either side, LocalPattern.reach(64, 64); the third sees all. Drawn with 4."],
    "Longformer": [{ n: 32, a: reach(4, 4), global_tokens: "0" }, "256 keys on either side, LocalPattern.reach(256, 256), and chosen tokens, such as the first, that see all and are seen by all. Drawn with 4."],
    "StreamingLLM": [{ n: 32, a: reach(7, 0, { sinks: 4 }) }, "The first four tokens stay visible beside the latest ones, here 8."],
  };
  const FEATURES = 64;  // of one head, for the multiply-adds

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

  // The state with its lists read: masked and global positions as sets, and the document of each position
  function reading(state) {
    const starts = positions(state.documents);
    let document = 0;
    const documentOf = range(0, state.n).map((j) => { if (j && starts.has(j)) document += 1; return document; });
    return { ...state, masked: positions(state.masked), global_tokens: positions(state.global_tokens), documentOf };
  }

  const padded = (s) => (plain(s) && s.autopad ? Math.ceil(s.n / s.a.window_size) * s.a.window_size : s.n);
  const keysOf = (s, i) => range(0, s.n).filter((j) => visible(s, i, j));

  function sentence(s, i) {
    const keys = keysOf(s, i);
    if (!keys.length) return `Query ${i} sees no key. Its output is zeros.`;
    return `Query ${i} sees ${keys.length} ${keys.length === 1 ? "key" : "keys"}: ${runs(keys, " to ")}.`;
  }

  function cost(s) {
    const count = (k) => k.toLocaleString("en");
    const less = (part, whole) => `${Math.round(100 * (1 - part / whole))}\u00a0% less`;
    const scores = range(0, s.n).reduce((sum, i) => sum + keysOf(s, i).length, 0);
    const full = s.n * s.n, triangle = s.n * (s.n + 1) / 2;
    const text = `${count(scores)} of ${count(full)} scores are needed. For a head of ${FEATURES} features that is `
      + `${count(2 * FEATURES * scores)} multiply-adds, where full attention takes ${count(2 * FEATURES * full)}: ${less(scores, full)}.`;
    return isCausal(s) ? `${text} Full causal attention needs ${count(triangle)} scores; this is ${less(scores, triangle)}.` : text;
  }

  // Python that makes this pattern, with the arguments that are not at their default
  function python(s) {
    const none = (value) => (value === null ? "None" : value);
    const more = (p) => [p.sinks && `sinks=${p.sinks}`, p.dilation > 1 && `dilation=${p.dilation}`];
    const windows = (p, exact) => [`window_size=${p.window_size}`, p.causal && "causal=True", p.look_backward !== 1 && `look_backward=${p.look_backward}`,
      p.look_forward !== (p.causal ? 0 : 1) && `look_forward=${p.look_forward}`, p.exact && `${exact}=True`];
    const join = (parts) => parts.filter(Boolean).join(", ");
    const made = (p) => (p.kind === "reach" ? `LocalPattern.reach(${join([`${none(p.before)}`, p.after !== 0 && `${none(p.after)}`, ...more(p)])})`
      : `LocalPattern(${join([...windows(p, "exact"), ...more(p)])})`);
    const inside = (set) => range(0, s.n).filter((j) => set.has(j));
    const told = { mask: ["not in", inside(s.masked)], global_tokens: ["in", inside(s.global_tokens)] };
    const lines = Object.entries(told).filter(([, [, list]]) => list.length)
      .map(([name, [is, list]]) => `${name} = torch.tensor([[j ${is} {${list.join(", ")}} for j in range(${s.n})]])`);
    const sizes = [...new Set(s.documentOf)].map((d) => s.documentOf.filter((other) => other === d).length);
    if (sizes.length > 1) lines.push(`documents = torch.tensor([${sizes.map((size, d) => `[${d}] * ${size}`).join(" + ")}])`);
    const names = lines.map((line) => line.split(" ")[0]);
    return [`pattern = ${made(s.a)}${s.op ? ` ${s.op} ${made(s.b)}` : ""}`,
      plain(s) ? `attend = LocalAttention(${join([...windows(s.a, "exact_windowsize"), s.autopad && "autopad=True"])})` : "attend = LocalAttention(pattern=pattern)",
      ...lines, `out = attend(${["q", "k", "v", ...names.map((name) => `${name}=${name}`)].join(", ")})`].join("\n");
  }

  // The grid as SVG: a row of rectangles for each query, the key mask below it. Cells are units of `cell` pixels.
  const LEFT = 44, TOP = 6, STRIP = 18, BELOW = 56;
  function picture(s, cell) {
    const columns = padded(s), isKey = (j) => j < s.n && !s.masked.has(j);
    const kind = (i, j) => (!isKey(j) ? "padding" : !visible(s, i, j) ? "hidden" : i === s.query ? "query" : "visible");
    const row = (i) => {
      const parts = [];
      for (const j of range(0, columns)) {
        const last = parts[parts.length - 1];
        if (last && last.kind === kind(i, j)) last.width += 1; else parts.push({ kind: kind(i, j), x: j, width: 1 });
      }
      return parts.map((r) => `<rect class="${r.kind}" x="${r.x}" y="${i}" width="${r.width}" height="1"/>`).join("");
    };
    const line = (cls, x1, y1, x2, y2) => `<line class="${cls}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
    const w = s.a.kind === "windows" && !s.op ? s.a.window_size * s.a.dilation : 0;
    const begins = range(1, s.n).filter((j) => s.documentOf[j] !== s.documentOf[j - 1]);
    const first = (j) => s.documentOf.indexOf(s.documentOf[Math.min(j, s.n - 1)]);
    const edges = w ? range(1, columns).filter((j) => (j - first(j)) % w === 0) : [];
    const both = (cls, places) => places.flatMap((p) => [line(cls, p, 0, p, s.n), p < s.n ? line(cls, 0, p, columns, p) : ""]);
    const lines = [...both("gap", range(1, columns)), ...both("edge", edges), ...both("document", begins)];
    const unit = w || 4, step = unit * Math.ceil(24 / (unit * cell));  // labels at the first positions of windows, 24 pixels apart at least
    const ticks = (count, place) => range(0, count).filter((k) => k % step === 0).map((k) => `<text ${place((k + 0.5) * cell)}>${k}</text>`).join("");
    const bottom = TOP + s.n * cell, high = STRIP / cell;
    const strip = range(0, columns).map((j) => `<rect class="key ${isKey(j) ? "real" : "padding"}" x="${j}" y="0" width="1" height="${high}"/>`
      + (j < s.n && s.global_tokens.has(j) ? `<circle class="global" cx="${j + 0.5}" cy="${high / 2}" r="${Math.min(0.3, high / 3)}"/>` : ""));
    return `<g transform="translate(${LEFT} ${TOP}) scale(${cell})">`
      + `${range(0, s.n).map((i) => `<g data-query="${i}">${row(i)}</g>`).join("")}${lines.join("")}`
      + `<rect class="frame" x="0" y="${s.query}" width="${columns}" height="1"/></g>`
      + `<g transform="translate(${LEFT} ${bottom + 4}) scale(${cell})" class="strip">${strip.join("")}</g>`
      + `<g class="ticks" text-anchor="middle">${ticks(columns, (x) => `x="${LEFT + x}" y="${bottom + STRIP + 18}"`)}</g>`
      + `<g class="ticks" text-anchor="end">${ticks(s.n, (y) => `x="${LEFT - 6}" y="${TOP + y + 4}"`)}`
      + `<text x="${LEFT - 6}" y="${bottom + STRIP}">mask</text></g>`
      + `<text text-anchor="middle" x="${LEFT + columns * cell / 2}" y="${bottom + BELOW - 6}">key position j</text>`
      + `<text text-anchor="middle" transform="translate(12 ${TOP + s.n * cell / 2}) rotate(-90)">query position i</text>`;
  }

  const slider = (name, prefix = "") => {
    const [least, most, label] = SLIDERS[name];
    return `<label class="pe-slider" data-for="${name}"><span>${label || name}</span><input type="range" name="${prefix}${name}" min="${least}" max="${most}"><b aria-hidden="true"></b></label>`;
  };
  const pattern = (prefix, legend) => `<fieldset data-pattern="${prefix}"><legend>${legend}</legend>
    <label class="pe-field"><span>pattern</span><select name="${prefix}kind"><option value="windows">windows</option><option value="reach">reach</option></select></label>
    ${["window_size", "look_backward", "look_forward", "before", "after"].map((name) => slider(name, prefix)).join("")}
    <div class="pe-switches" data-for="causal"><label><input type="checkbox" name="${prefix}causal"> causal</label>
      <label><input type="checkbox" name="${prefix}exact"> ${prefix ? "exact" : "exact_windowsize"}</label></div>
    ${["sinks", "dilation"].map((name) => slider(name, prefix)).join("")}</fieldset>`;
  const CONTROLS = `
    <div class="pe-controls">
      ${slider("n")}
      ${pattern("", "Pattern")}
      <label class="pe-field"><span>combine</span><select name="op"><option value="">with no other</option><option value="&amp;">&amp; what both show</option>
        <option value="|">| what either shows</option></select></label>
      ${pattern("b_", "Second pattern")}
      ${Object.entries(LISTS).map(([name, label]) => `<label class="pe-field"><span>${label}</span>
        <input type="text" name="${name}" placeholder="${name === "documents" ? "such as 5, 11" : "such as 3, 7-9"}" autocomplete="off" spellcheck="false" aria-describedby="pe-bad-${name}"></label>
        <p class="pe-bad" id="pe-bad-${name}" role="alert" hidden></p>`).join("")}
      <label class="pe-switch" data-for="autopad"><input type="checkbox" name="autopad"> autopad</label>
      <p class="pe-query"></p>
      <p class="pe-cost" aria-live="polite"></p>
    </div>`;
  const RESULT = `
    <div class="pe-result">
      <div class="pe-shown">
        <svg tabindex="0" role="slider" aria-label="Query pointed out in the grid" aria-orientation="vertical" aria-valuemin="0" aria-valuemax="0" aria-valuenow="0"></svg>
        <p class="pe-legend" aria-hidden="true"><span><i class="visible"></i> visible key</span> <span><i class="query"></i> seen by this query</span>
          <span><i class="hidden"></i> hidden key</span> <span><i class="padding"></i> padding or masked</span></p>
      </div>
      <p class="pe-error" role="alert" hidden></p>
    </div>`;
  const AS_IN = `<div class="pe-presets" role="group" aria-label="Patterns of well-known models"><span>as in</span>
    ${Object.keys(PRESETS).map((name) => `<button type="button" aria-pressed="false">${name}</button>`).join("")}</div><p class="pe-note" role="status"></p>`;
  const CODE = `<div class="pe-python"><pre><code></code></pre><div><button type="button" class="pe-copy">Copy</button><button type="button" class="pe-link" hidden>Copy link</button></div></div>`;
  const STYLE = `
    .pattern-explorer { --pe-hidden: var(--hidden); --pe-visible: var(--visible); --pe-padding: var(--padding); --pe-gap: #ffffffb0;
      --pe-error: #a30d0d; --pe-paper: #ffffffe8; color-scheme: light; margin: 0 0 1rem; font-size: .9rem; line-height: 1.4; }
    .pattern-explorer.pe-dark { --pe-hidden: #3c4043; --pe-visible: #3d9bd9; --pe-padding: #8f7489; --pe-gap: #00000070;
      --pe-error: #ff9d94; --pe-paper: #16181be8; color-scheme: dark; }
    .pattern-explorer .pe-presets { display: flex; flex-wrap: wrap; gap: .3rem; align-items: baseline; }
    .pattern-explorer .pe-presets [aria-pressed=true] { border-color: var(--pe-visible); box-shadow: inset 0 0 0 1px var(--pe-visible); }
    .pattern-explorer .pe-note { min-height: 2.8em; margin: .3rem 0 .3rem; text-align: left; font-size: .85rem; }
    .pattern-explorer .pe-body { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; text-align: left; }
    .pattern-explorer .pe-controls { flex: 1 1 15rem; display: grid; gap: .15rem; min-width: 0; }
    .pattern-explorer .pe-result { flex: 3 1 20rem; min-width: 0; position: relative; }
    .pattern-explorer fieldset { display: grid; gap: .15rem; min-width: 0; margin: 0; padding: 0; border: 0; }
    .pattern-explorer legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .pattern-explorer fieldset[data-pattern=b_] { padding-left: .6rem; border-left: 3px solid var(--outline); }
    .pattern-explorer label { display: flex; align-items: center; gap: .5rem; margin: 0; font-size: .85rem; min-height: 1.35rem; }
    .pattern-explorer label > span { flex: 0 0 7.6rem; }
    .pattern-explorer label b { flex: 0 0 3.4rem; text-align: right; font-variant-numeric: tabular-nums; }
    .pattern-explorer .pe-switches { display: flex; gap: 1rem; }
    .pattern-explorer input[type=range] { flex: 1 1 4rem; width: 4rem; accent-color: var(--pe-visible); }
    .pattern-explorer input[type=checkbox] { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--pe-visible); }
    .pattern-explorer :is(select, input[type=text], button) { padding: .12rem .4rem; font: inherit; font-size: .85rem;
      color: inherit; background: transparent; border: 1px solid var(--outline); border-radius: .25rem; }
    .pattern-explorer :is(select, input[type=text]) { flex: 1 1 4rem; width: 4rem; }
    .pattern-explorer.pe-dark :is(select, input[type=text], button) { border-color: #9aa0a6; }
    .pattern-explorer button { cursor: pointer; }
    .pattern-explorer option { color: CanvasText; background: Canvas; }
    .pattern-explorer [aria-invalid=true] { border-color: var(--pe-error); outline: 1px solid var(--pe-error); }
    .pattern-explorer svg { display: block; margin: 0 auto; touch-action: pan-y; user-select: none; overflow: visible; border-radius: 2px; }
    .pattern-explorer svg:focus-visible { outline: 2px solid var(--query); outline-offset: 3px; }
    .pattern-explorer svg text { fill: currentColor; font-size: 11px; }
    .pattern-explorer svg .visible { fill: var(--pe-visible); } .pattern-explorer svg .query { fill: var(--query); }
    .pattern-explorer svg .hidden { fill: var(--pe-hidden); } .pattern-explorer svg .padding { fill: var(--pe-padding); }
    .pattern-explorer svg .real { fill: var(--pe-hidden); } .pattern-explorer svg .key { stroke: var(--outline); cursor: pointer; }
    .pattern-explorer svg .global { fill: var(--pe-visible); pointer-events: none; }
    .pattern-explorer svg :is(line, rect) { vector-effect: non-scaling-stroke; stroke-width: 1px; }
    .pattern-explorer svg .gap { stroke: var(--pe-gap); stroke-width: .6px; } .pattern-explorer svg .edge { stroke: var(--outline); }
    .pattern-explorer svg .document { stroke: currentColor; stroke-width: 2px; }
    .pattern-explorer svg .frame { fill: none; stroke: var(--query); stroke-width: 2px; }
    .pattern-explorer p { margin: .4rem 0 0; max-width: none; }
    .pattern-explorer .pe-legend { font-size: .8rem; text-align: center; }
    .pattern-explorer .pe-legend span { white-space: nowrap; }
    .pattern-explorer .pe-legend i { display: inline-block; width: .8em; height: .8em; margin-left: .6em; }
    .pattern-explorer .pe-legend .visible { background: var(--pe-visible); } .pattern-explorer .pe-legend .query { background: var(--query); }
    .pattern-explorer .pe-legend .hidden { background: var(--pe-hidden); } .pattern-explorer .pe-legend .padding { background: var(--pe-padding); }
    .pattern-explorer .pe-query { font-weight: 600; min-height: 2.8em; border-top: 1px solid var(--outline); padding-top: .3rem; }
    .pattern-explorer .pe-cost { margin-top: 0; }
    .pattern-explorer .pe-bad { margin: 0; font-size: .85rem; color: var(--pe-error); }
    .pattern-explorer .pe-stale svg { opacity: .3; pointer-events: none; }
    .pattern-explorer .pe-stale-text { opacity: .75; }
    .pattern-explorer .pe-error { position: absolute; top: 1.5rem; left: 5%; right: 5%; margin: 0; padding: .8rem 1rem; color: var(--pe-error); background: var(--pe-paper);
      border: 2px solid; border-radius: .3rem; font-family: monospace; overflow-wrap: anywhere; }
    .pattern-explorer .pe-python { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .6rem; margin-top: .8rem;
      padding: .6rem .75rem; text-align: left; border: 1px solid var(--outline); border-radius: .25rem; }
    .pattern-explorer .pe-python pre { flex: 1 1 20rem; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; background: none; color: inherit; }
    main.content .pattern-explorer .pe-python pre { padding: 0; border: 0; }
    .pattern-explorer .pe-python button { margin-left: .3rem; }
    .pattern-explorer [hidden] { display: none; }
    .pattern-explorer figcaption { margin-top: .75rem; font-size: .85rem; }`;

  function start(root) {
    root.dataset.started = "";
    root.dataset.lmSuppressShortcuts = "true";  // JupyterLab leaves our keys to us
    root.insertAdjacentHTML("afterbegin", `<style>${STYLE}</style>${AS_IN}<div class="pe-body">${CONTROLS}${RESULT}</div>${CODE}`);
    const $ = (selector) => root.querySelector(selector), $$ = (selector) => [...root.querySelectorAll(selector)];
    const field = (name) => $(`[name=${name}]`);
    const onSite = Boolean(root.closest("main.content"));  // a page of the site, not a notebook
    const state = onSite ? fromAddress() : structuredClone(START);
    let s = reading(state);  // what is drawn
    const svg = $("svg");

    // Write the state into the controls and draw it, once for all changes between two frames of the screen.
    let waiting = false;
    function show() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; draw(); });
    }
    const holder = (name) => (name.startsWith("b_") ? [state.b, name.slice(2)] : name in PATTERN ? [state.a, name] : [state, name]);
    function controls() {
      for (const input of $$(".pe-controls :is(input, select)")) {
        const [place, name] = holder(input.name), value = place[name];
        if (input.type === "checkbox") input.checked = value;
        else if (input.type === "range") {
          input.value = value === null ? NONE : value;
          input.nextElementSibling.textContent = value === null ? "no limit" : value;
          if (value === null) input.setAttribute("aria-valuetext", "no limit"); else input.removeAttribute("aria-valuetext");
        } else if (input.type !== "text" || input !== document.activeElement && !input.matches("[aria-invalid=true]")) input.value = value;
      }
      for (const [prefix, p] of [["", state.a], ["b_", state.b]]) {
        const set = $(`fieldset[data-pattern="${prefix}"]`);
        for (const part of set.querySelectorAll("[data-for]")) {
          const name = part.dataset.for;
          if (["before", "after"].includes(name)) part.hidden = p.kind !== "reach";
          else if (!["sinks", "dilation"].includes(name)) part.hidden = p.kind === "reach";
        }
        if (prefix) set.hidden = !state.op;
      }
      $("[data-for=autopad]").hidden = !plain(state);
    }
    function draw() {
      controls();
      state.query = Math.max(0, Math.min(state.n - 1, state.query));
      const error = complaint(state);
      $(".pe-error").hidden = !error;
      $(".pe-error").textContent = error ? `ValueError: ${error}` : "";
      $(".pe-shown").classList.toggle("pe-stale", Boolean(error));
      for (const part of [$(".pe-python"), $(".pe-query"), $(".pe-cost")]) part.classList.toggle("pe-stale-text", Boolean(error));
      share();
      if (error) return;  // the last picture stays, dimmed
      s = reading(state);
      const columns = padded(s);
      const cell = Math.min(28, (Math.min(560, $(".pe-result").clientWidth || 560) - LEFT - 4) / columns);
      const [width, height] = [LEFT + columns * cell + 2, TOP + s.n * cell + BELOW];
      for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height, "aria-valuemax": s.n - 1, "aria-valuenow": s.query,
        "aria-valuetext": sentence(s, s.query) })) svg.setAttribute(name, value);
      svg.innerHTML = picture(s, cell);
      $(".pe-query").textContent = sentence(s, s.query);
      const price = cost(s);
      if ($(".pe-cost").textContent !== price) $(".pe-cost").textContent = price;  // a screen reader speaks what changes
      $(".pe-python code").textContent = python(s);
    }

    // The address in the browser's bar is always that of what is shown.
    let later = 0;
    function share() {
      if (!onSite) return;
      clearTimeout(later);
      later = setTimeout(() => history.replaceState(null, "", address(state)), 150);
    }

    function setList(name, text) {
      const good = positions(text);
      field(name).setAttribute("aria-invalid", !good);
      const bad = $(`#pe-bad-${name}`);
      bad.hidden = Boolean(good);
      bad.textContent = good ? "" : `${LISTS[name]}: write positions such as 3, 7-9; cannot read “${text}”`;
      if (good) state[name] = text;
    }

    function as(name) {
      for (const button of $$(".pe-presets button")) button.setAttribute("aria-pressed", button.textContent === name);
      $(".pe-note").textContent = name ? PRESETS[name][1] : "";
    }

    // Each control changes the state, then everything is drawn again.
    root.addEventListener("input", (event) => {
      const { name, value, checked, type } = event.target, [place, key] = holder(name);
      if (name in LISTS) setList(name, value);
      else if (type === "checkbox") place[key] = checked;
      else if (type === "range") place[key] = ["before", "after"].includes(key) && Number(value) === NONE ? null : Number(value);
      else place[key] = value;
      if (key === "causal") place.look_forward = checked ? 0 : 1;  // what look_forward=None means
      as("");
      show();
    });
    $(".pe-presets").addEventListener("click", (event) => {
      const name = event.target.textContent;
      if (!event.target.matches("button")) return;
      Object.assign(state, structuredClone({ ...START, ...PRESETS[name][0] }));
      for (const list of Object.keys(LISTS)) { setList(list, state[list]); field(list).value = state[list]; }
      state.query = Math.floor(state.n * 0.6);
      as(name);
      show();
    });

    // The pointer and the arrow keys choose the query; a click on the strip below the grid masks a key.
    const place = (event) => {
      const box = svg.getBoundingClientRect(), cell = (box.width - LEFT - 2) / padded(s);
      const [x, y] = [event.clientX - box.left - LEFT, event.clientY - box.top - TOP];
      return { i: Math.floor(y / cell), j: Math.floor(x / cell), below: y - s.n * cell };
    };
    const choose = (i) => { if (i >= 0 && i < state.n && i !== state.query) { state.query = i; show(); } };
    for (const name of ["pointermove", "pointerdown"]) svg.addEventListener(name, (event) => choose(place(event).i));
    svg.addEventListener("click", (event) => {
      const { j, below } = place(event);
      if (below < 0 || below > STRIP + 8 || j < 0 || j >= s.n) return;
      const gone = new Set(s.masked);
      if (!gone.delete(j)) gone.add(j);
      setList("masked", runs([...gone].sort((a, b) => a - b), "-"));
      show();
    });
    svg.addEventListener("keydown", (event) => {
      const { query, n } = state;
      const to = { ArrowDown: query + 1, ArrowRight: query + 1, ArrowUp: query - 1, ArrowLeft: query - 1, Home: 0, End: n - 1,
        PageDown: Math.min(n - 1, query + state.a.window_size), PageUp: Math.max(0, query - state.a.window_size) }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      choose(to);
    });

    const copying = (button, text, fallback) => button.addEventListener("click", async () => {
      const label = button.textContent;
      try { await navigator.clipboard.writeText(text()); button.textContent = "Copied"; }
      catch (error) { fallback(button); }
      setTimeout(() => { button.textContent = label; }, 1500);
    });
    copying($(".pe-copy"), () => $(".pe-python code").textContent, (button) => { getSelection().selectAllChildren($(".pe-python code")); button.textContent = "Press Ctrl+C"; });
    copying($(".pe-link"), () => new URL(address(state), location.href).href, (button) => { button.textContent = "See the address bar"; });
    $(".pe-link").hidden = !onSite;

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
    if (address(state) === address(START)) as("Windows");
    if (window.ResizeObserver) {
      let width = 0;
      new ResizeObserver(([entry]) => {
        if (Math.abs(entry.contentRect.width - width) > 1) show();
        width = entry.contentRect.width;
      }).observe($(".pe-result"));
    }
  }

  // The settings in an address: those that differ from the start, and back
  const flat = (state) => Object.entries({ ...state, ...state.a, ...Object.fromEntries(Object.entries(state.b).map(([k, v]) => [`b_${k}`, v])) })
    .filter(([name]) => name !== "a" && name !== "b");
  function address(state) {
    const usual = new Map(flat(START)), said = (value) => (value === null ? "none" : typeof value === "boolean" ? String(Number(value)) : String(value));
    const changed = flat(state).filter(([name, value]) => value !== usual.get(name) && (state.op || !name.startsWith("b_")));
    const query = new URLSearchParams(changed.map(([name, value]) => [name, said(value)]));
    return `${location.pathname}${changed.length ? `?${query}` : ""}${location.hash}`;
  }
  function fromAddress() {
    const given = new URLSearchParams(location.search), state = structuredClone(START);
    for (const [full, usual] of flat(START)) {
      const text = given.get(full), name = full.replace(/^b_/, "");
      if (text === null) continue;
      const [place, key] = full.startsWith("b_") ? [state.b, name] : name in PATTERN ? [state.a, name] : [state, name];
      if (name in SLIDERS) {
        const [least, most] = SLIDERS[name];
        if (text === "none" && most === NONE) place[key] = null;
        else if (/^\d{1,3}$/.test(text)) place[key] = Math.min(most === NONE ? NONE - 1 : most, Math.max(least, Number(text)));
      } else if (typeof usual === "boolean") place[key] = text === "1";
      else if (name in LISTS) { if (positions(text)) place[key] = text; }
      else if (name === "query") { if (/^\d{1,3}$/.test(text)) place[key] = Number(text); }
      else if ({ kind: ["windows", "reach"], op: ["", "&", "|"] }[name].includes(text)) place[key] = text;
    }
    return state;
  }

  document.querySelectorAll("figure.pattern-explorer:not([data-started])").forEach(start);
})();
