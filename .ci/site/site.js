// What moves on a page: colour mode, list of pages, contents, search, copying, folds, wide content, and pictures that open large.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = document.currentScript.dataset.root;
  const page = document.documentElement;

  // ---- dark or light: what the visitor chose, else what the system prefers
  const scheme = $(".scheme"), prefers = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("scheme"); } catch (error) { return null; } };
  const paint = (dark) => { page.classList.toggle("quarto-dark", dark); scheme.setAttribute("aria-pressed", dark); };
  paint(page.classList.contains("quarto-dark"));
  prefers.addEventListener("change", () => { if (!kept()) paint(prefers.matches); });
  scheme.addEventListener("click", () => {
    const dark = !page.classList.contains("quarto-dark");
    try { localStorage.setItem("scheme", dark ? "dark" : "light"); } catch (error) { /* a private window */ }
    paint(dark);
  });

  // ---- the list of pages on a narrow screen
  const menu = $(".menu"), pages = $("#site-nav");
  const unfold = (yes) => { menu.setAttribute("aria-expanded", yes); pages.classList.toggle("open", yes); };
  menu.addEventListener("click", () => unfold(menu.getAttribute("aria-expanded") !== "true"));
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
    unfold(false);
    menu.focus();
  });
  const here = $("[aria-current=page]", pages);
  if (here && pages.scrollHeight > pages.clientHeight) pages.scrollTop = here.offsetTop - pages.clientHeight / 3;

  // ---- contents: open beside a wide page, folded on a narrow one, and they follow the reader
  const toc = $(".toc"), wide = matchMedia("(min-width: 75rem)"), narrow = matchMedia("(max-width: 56rem)");
  if (toc) {
    const fold = () => { toc.open = wide.matches; };
    wide.addEventListener("change", fold);
    fold();
    const links = new Map($$("a", toc).map((a) => [document.getElementById(decodeURIComponent(a.hash.slice(1))), a]));
    links.delete(null);
    let current = null;
    const follow = () => {
      let now = null;
      for (const heading of links.keys()) if (heading.getBoundingClientRect().top < 120) now = heading; else break;
      if (now === current) return;
      if (current) links.get(current).removeAttribute("aria-current");
      current = now;
      if (!now) return;
      const link = links.get(now), box = $("nav", toc);
      link.setAttribute("aria-current", "true");
      const [a, b] = [link.getBoundingClientRect(), box.getBoundingClientRect()];
      if (a.top < b.top + 20 || a.bottom > b.bottom - 20) box.scrollTop += a.top - b.top - b.height / 3;
    };
    addEventListener("scroll", follow, { passive: true });
    addEventListener("load", follow);
    follow();
  }

  // ---- a link into a fold opens it
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let inside = false;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) { inside = inside || !fold.open; fold.open = true; }
    if (inside) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // ---- copying
  for (const box of $$(".code-box")) {
    const button = document.createElement("button"), code = $("pre", box);
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    box.append(button);
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(code.textContent); button.textContent = "Copied"; }
      catch (error) { getSelection().selectAllChildren(code); button.textContent = "Press Ctrl+C"; }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  // ---- formulas, where the site was built without npm
  if (window.renderMathInElement) window.renderMathInElement(document.body, { throwOnError: false,
    delimiters: [{ left: "\\[", right: "\\]", display: true }, { left: "\\(", right: "\\)", display: false }] });

  // ---- formulas shrink to fit; code and tables that do not fit scroll, also by keyboard
  const fit = () => {
    for (const formula of $$(".katex-display")) {
      formula.style.fontSize = "";
      const ratio = formula.clientWidth / formula.scrollWidth;
      if (ratio < 1) formula.style.fontSize = `${Math.max(0.5, Math.floor(98 * ratio) / 100)}em`;
    }
    for (const table of $$(".table-box > table")) {  // a table that does not fit is taken apart, row by row
      table.classList.remove("apart");
      const apart = table.scrollWidth > table.parentElement.clientWidth + 1 && narrow.matches;
      table.classList.toggle("apart", apart);
      const roles = { table: apart && "table", tr: apart && "row", th: apart && "columnheader", td: apart && "cell" };
      for (const part of [table, ...$$("tr, th, td", table)]) {
        const role = roles[part.localName];
        if (role) part.setAttribute("role", role); else part.removeAttribute("role");
      }
    }
    for (const box of $$("pre, .table-box")) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
      if (!scrolls) { for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name); continue; }
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", box.matches("pre") ? "Code, scrolls sideways" : "Table, scrolls sideways");
    }
  };
  let waiting = 0;
  const later = () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(fit); };
  addEventListener("resize", later);
  addEventListener("toggle", later, true);
  fit();
  if (document.fonts) document.fonts.ready.then(fit);

  // ---- pictures open large
  const shown = document.createElement("dialog");
  shown.className = "large";
  shown.innerHTML = '<button type="button">Close</button><div tabindex="0" role="group" aria-label="The picture, large"></div>';
  document.body.append(shown);
  for (const link of $$("a.zoom")) link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const picture = $("img", link).cloneNode();
    picture.loading = "eager";
    $("div", shown).replaceChildren(picture);
    shown.showModal();
  });
  shown.addEventListener("click", (event) => { if (event.target === shown || event.target.matches("button")) shown.close(); });

  // ---- print: what is folded is shown, but for source code and the contents
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = $$("main details:not(.code-fold, .toc, [open])");
    for (const fold of folded) fold.open = true;
    for (const picture of $$("img[loading=lazy]")) picture.loading = "eager";
  });
  addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; });

  // ---- search: every word must be found; where it is found decides the order
  const input = $("#search"), list = $("#results"), box = $(".results"), status = $(".found");
  let index = null, chosen = -1;
  const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];
  const load = async () => {
    if (index) return;
    const records = await (await fetch(`${root}search.json`)).json();
    index = records.map((r) => ({ ...r, title: words(r.page), head: words(r.heading), all: words(r.text), named: r.names.join(" ").toLowerCase().replace(/\*/g, "").split(" ") }));
  };
  // How well a word fits a list of words: 1 for the word itself, less for its beginning or a form of it
  const fits = (word, list) => {
    let best = 0;
    for (const w of list) {
      if (w === word) return 1;
      if (w.startsWith(word) && word.length > 1) best = Math.max(best, 0.5 + 0.4 * word.length / w.length);
      else if (word.length > 4 && w.includes(word)) best = Math.max(best, 0.3);
    }
    return best;
  };
  const score = (record, query) => {
    let total = 0;
    for (const word of query) {
      const head = fits(word, record.head), title = fits(word, record.title), text = fits(word, record.all), named = fits(word, record.named);
      const own = record.heading ? head * (record.head.length > 3 ? 30 : 40) : title * 36;
      const times = record.all.reduce((sum, w) => sum + (w === word), 0);
      const value = own + title * 6 + named * (record.api && !record.heading.includes(".") && /^[A-Z]/.test(record.heading) ? 35 : 20) + text * (8 + 2 * Math.min(times, 4));
      if (!value) return 0;
      total += value;
    }
    const phrase = query.join(" ");
    if (record.head.join(" ") === phrase || (!record.heading && record.title.join(" ") === phrase)) total += 40;
    return total * [1, 1.05, 1.2][record.api || 0] * (/compat\/|real_packages/.test(record.href) ? 0.05 : 1);  // the drop-in comes after the library
  };
  const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[c]));
  const excerpt = (text, query) => {
    const at = Math.max(0, text.toLowerCase().indexOf(query[0]));
    const start = at < 50 ? 0 : text.lastIndexOf(" ", at - 30) + 1;
    const part = (start ? "… " : "") + text.slice(start, start + 140) + (text.length > start + 140 ? " …" : "");
    const any = new RegExp(`(${query.map((w) => w.replace(/[^\w]/g, "\\$&")).join("|")})`, "gi");
    return escape(part).replace(any, "<mark>$1</mark>");
  };
  const hide = () => { box.hidden = true; input.setAttribute("aria-expanded", false); input.removeAttribute("aria-activedescendant"); chosen = -1; };
  const choose = (n) => {
    const options = $$("[role=option]", list);
    if (!options.length) return;
    chosen = (n + options.length) % options.length;
    options.forEach((o, k) => o.setAttribute("aria-selected", k === chosen));
    options[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[chosen].id);
  };
  const search = async () => {
    const query = words(input.value);
    if (!query.length || input.value.trim().length < 2) { hide(); return; }
    await load();
    const found = index.map((r, n) => [score(r, query), n]).filter(([s]) => s > 0).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, 12).map(([, n]) => index[n]);
    chosen = -1;
    list.innerHTML = found.map((r, n) => `<li role="option" id="result-${n}" aria-selected="false" data-href="${root}${r.href}">`
      + `<b>${escape(r.heading || r.page)}</b>${r.heading ? ` <span>${escape(r.page)}</span>` : ""}<small>${excerpt(r.text, query)}</small></li>`).join("");
    status.textContent = found.length ? `${found.length === 12 ? "The 12 best" : found.length} result${found.length === 1 ? "" : "s"}` : "Nothing found";
    box.hidden = false;
    input.setAttribute("aria-expanded", true);
    input.removeAttribute("aria-activedescendant");
  };
  let timer = 0;
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 80); });
  input.addEventListener("focus", () => { load(); if (input.value) search(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    if (box.hidden) return;
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen < 0 ? -1 : chosen - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); choose(to); }
    if (event.key === "Enter") { event.preventDefault(); $(`#result-${Math.max(0, chosen)}`)?.click(); }
  });
  list.addEventListener("click", (event) => {
    const href = event.target.closest("[data-href]")?.dataset.href;
    if (href && (event.ctrlKey || event.metaKey)) open(href); else if (href) { hide(); location.href = href; }
  });
  addEventListener("click", (event) => { if (!event.target.closest(".search")) hide(); });
  addEventListener("focusin", (event) => { if (!event.target.closest(".search")) hide(); });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); input.focus(); }
  });
})();
