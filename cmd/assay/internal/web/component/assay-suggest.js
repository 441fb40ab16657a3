// <assay-suggest>: Assay's suggested answers inside another page. texts, by
// language, stands before this line.
//
// Attributes: token, agent (who asks, so that feedback counts by person), language (zh or en: of the words around the answers; default
// the page's), product, region, customer-type, stage, answer-language, limit, server
// (default where this script comes from). Properties: token, agent; turns, a list of
// {speaker, text}, of which the customer's last question is searched. Methods:
// ask(text), clear(). Events, all of which bubble: assay-answered {ask, count},
// assay-copy {text, part, solutionId, ask}, which may be cancelled by a desktop that
// puts the text where it belongs itself, assay-error {status}.
//
// It works under a strict policy of the page around: no inline style, no markup from
// texts, nothing loaded but answers.

const typed = 200; // milliseconds without a key before the search starts
const asked = 1500; // before what was typed counts as asked
const grades = { h: "helpful", p: "partly", w: "wrong", o: "outdated" };

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { display: block; }
:host([hidden]) { display: none; }
.all {
  all: initial; display: block; container-type: inline-size;
  --text: var(--assay-text, #1b2127); --dim: var(--assay-dim, #596470); --ground: var(--assay-ground, #fff); --line: var(--assay-line, #dde2e7);
  --accent: var(--assay-accent, #2457a6); --warn: var(--assay-warn, #ab2015);
  color: var(--text); background: var(--ground); font: 14px/1.5 var(--assay-font, system-ui, sans-serif);
  overflow-wrap: anywhere; text-align: start;
}
* { box-sizing: border-box; }
label { display: contents; }
form { display: flex; gap: .4em; margin: 0; flex-wrap: wrap; }
textarea, input, button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 4px; padding: .2em .5em; min-width: 0; }
textarea { flex: 1 1 10em; resize: vertical; }
button { cursor: pointer; }
button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); font-weight: 600; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
ol { list-style: none; margin: 0; padding: 0; }
li.hit { border: 1px solid var(--line); border-left-width: 3px; border-radius: 4px; padding: .4em .6em; margin-top: .4em; }
li.hit.chosen { border-left-color: var(--accent); }
header { display: flex; flex-wrap: wrap; gap: 0 .6em; align-items: baseline; }
h3 { font-size: 1em; margin: 0; flex: 1 1 8em; }
h4 { font-size: .8em; margin: 0; color: var(--dim); font-weight: 600; }
p { margin: .15em 0 .3em; }
.said { white-space: pre-wrap; unicode-bidi: isolate; }
mark { background: none; color: inherit; font-weight: 600; text-decoration: underline 2px var(--accent); text-underline-offset: 3px; }
.match, .source, .status, summary { color: var(--dim); font-size: .88em; }
.source { display: flex; flex-wrap: wrap; gap: 0 .7em; }
.status { min-height: 1.5em; margin: .2em 0 0; }
.status.bad { color: var(--warn); }
.reply { border-left: 2px solid var(--accent); padding-left: .5em; }
.internal { border: 1px dashed var(--warn); border-radius: 4px; padding: .1em .5em; margin: .3em 0; }
.internal h4, .stale { color: var(--warn); }
.acts { display: flex; flex-wrap: wrap; gap: .3em; margin-top: .3em; }
.acts input { flex: 1 1 100%; }
li.hit:not(.chosen) .acts { display: none; }
.answer pre { overflow-x: auto; }
[hidden] { display: none !important; }
.label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`);

// allowed are the elements of answers that are shown; of others only what is in them.
const allowed = new Set(["P", "BR", "UL", "OL", "LI", "STRONG", "EM", "B", "I", "DEL", "CODE", "PRE", "BLOCKQUOTE", "HR", "A",
  "H1", "H2", "H3", "H4", "H5", "H6", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD"]);
const dropped = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "EMBED", "SVG", "MATH", "NOSCRIPT", "TITLE"]);
const links = new Set(["http:", "https:", "mailto:", "tel:"]);

// element makes an element with properties and children; texts stay texts.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") {
      made.setAttribute(key, value);
    } else {
      made[key] = value;
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// copyOf copies what is allowed of a node into new elements without attributes, but
// for where links lead.
function copyOf(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    return [document.createTextNode(node.data)];
  }
  if (node.nodeType !== Node.ELEMENT_NODE || dropped.has(node.tagName.toUpperCase())) {
    return [];
  }
  const inside = [...node.childNodes].flatMap(copyOf);
  if (!allowed.has(node.tagName)) {
    return inside;
  }
  const copy = element(node.tagName.toLowerCase());
  if (node.tagName === "A") {
    const address = node.getAttribute("href") ?? "";
    if (!URL.canParse(address) || !links.has(new URL(address).protocol)) {
      return inside;
    }
    Object.assign(copy, { href: address, rel: "noopener noreferrer", target: "_blank" });
  }
  copy.append(...inside);
  return [copy];
}

// answerOf is an answer to show; where the page forbids to read markup, as plain text.
function answerOf(hit) {
  try {
    const read = new DOMParser().parseFromString(hit.answer_html, "text/html");
    return element("div", { className: "answer", dir: "auto" }, ...[...read.body.childNodes].flatMap(copyOf));
  } catch {
    return element("p", { className: "answer said", dir: "auto" }, hit.answer);
  }
}

// bytes writes a text's UTF-8 as headers take it: a character for each byte.
function bytes(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

// copy puts a text on the clipboard; without the permission that only secure
// addresses have, by way of a field in the element. It returns whether that worked.
async function copy(text, root) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // The other way may still be allowed.
    }
  }
  const before = root.activeElement;
  const area = element("textarea", { className: "label", value: text });
  root.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}

class AssaySuggest extends HTMLElement {
  static observedAttributes = ["language", "product", "region", "customer-type", "stage", "answer-language", "limit"];

  #root = this.attachShadow({ mode: "open" });
  #token = "";
  #agent = "";
  #turns = [];
  #isBehind = false; // the turns were set, and not searched yet
  #running = new AbortController();
  #timers = [];
  #last = { text: "", ask: null };
  #shown = { text: null, ask: null, hits: [] };
  #chosen = 0;
  #parts = {};

  connectedCallback() {
    if (this.#parts.form) {
      return;
    }
    this.#root.adoptedStyleSheets = [sheet];
    const field = element("textarea", { rows: 2, maxLength: 30000, spellcheck: false, autocomplete: "off", dir: "auto" });
    const label = element("span", { className: "label" });
    const button = element("button", { type: "submit" });
    const form = element("form", { role: "search" }, element("label", {}, label), button);
    form.firstChild.append(field);
    const status = element("p", { className: "status", role: "status" });
    const list = element("ol");
    this.#parts = { field, label, button, form, status, list };
    this.#root.append(element("div", { className: "all" }, form, status, list));
    this.#listen();
    this.#name();
    if (this.#turns.length > 0) {
      this.#search(true);
    }
  }

  disconnectedCallback() {
    this.#timers.forEach(clearTimeout);
    this.#running.abort();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.#parts.form || before === after) {
      return;
    }
    this.#name();
    if (name === "language") {
      this.#draw();
    } else if (this.#question() !== "" || this.#turns.length > 0) {
      this.#search(false);
    }
  }

  get token() { return this.#token || this.getAttribute("token") || ""; }
  set token(token) { this.#token = String(token); }

  get agent() { return this.#agent || this.getAttribute("agent") || ""; }
  set agent(agent) { this.#agent = String(agent); }

  get turns() { return this.#turns.slice(); }
  // turns may be set again with every message: what the customer asked last is
  // searched. What the agent types, or notes, at that moment is not taken away.
  set turns(turns) {
    this.#turns = [...turns].map(({ speaker, text }) => ({ speaker: String(speaker), text: String(text) }));
    this.#isBehind = true;
    if (this.#parts.form && !this.#isTyping()) {
      this.#parts.field.value = "";
      this.#search(true);
    }
  }

  // #isTyping tells whether the agent is in the field, or in a note, and has begun.
  #isTyping() {
    const at = this.#root.activeElement;
    return at !== null && at.matches("textarea, input") && at.value !== "";
  }

  // ask searches a text as if it had been typed, and returns how many answers there are.
  async ask(text) {
    this.#parts.field.value = String(text);
    await this.#search(true);
    return this.#shown.hits.length;
  }

  clear() {
    this.#turns = [];
    this.#isBehind = false;
    this.#parts.field.value = "";
    this.#timers.forEach(clearTimeout);
    this.#running.abort();
    this.#shown = { text: null, ask: null, hits: [] };
    this.#say("");
    this.#draw();
  }

  #question() { return this.#parts.field.value.trim(); }

  #language() {
    const wanted = (this.getAttribute("language") || document.documentElement.lang || navigator.language).toLowerCase();
    return wanted.startsWith("zh") ? "zh" : "en";
  }

  #t(key) { return texts[this.#language()][key]; }

  // #name writes the words around the answers.
  #name() {
    this.#parts.form.lang = this.#language() === "zh" ? "zh-CN" : "en";
    this.#parts.label.textContent = this.#t("label");
    this.#parts.field.placeholder = this.#t("placeholder");
    this.#parts.button.textContent = this.#t("ask");
  }

  #say(text, isBad = false) {
    this.#parts.status.textContent = text;
    this.#parts.status.classList.toggle("bad", isBad);
  }

  #tell(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
  }

  // #call asks the API, and says what went wrong; null is such a failure.
  async #call(method, path, body, signal) {
    const server = this.getAttribute("server") || new URL(import.meta.url).origin;
    let answer;
    try {
      answer = await fetch(new URL(path, server), {
        method, signal, credentials: "omit", body: body && JSON.stringify(body),
        headers: {
          ...(body && { "Content-Type": "application/json" }), ...(this.agent && { "Assay-Agent": bytes(this.agent) }),
          Authorization: "Bearer " + this.token,
        },
      });
      if (answer.ok) {
        return answer.status === 204 ? {} : await answer.json();
      }
    } catch (error) {
      if (error.name === "AbortError") {
        return null;
      }
      this.#say(this.#t("offline"), true);
      this.#tell("assay-error", { status: 0 });
      return null;
    }
    const why = { 401: "unauthorised", 403: "forbidden", 429: "limited", 503: "nolibrary" }[answer.status] ?? "failed";
    this.#say(this.#t(why), true);
    this.#tell("assay-error", { status: answer.status });
    return null;
  }

  async #search(isAsked, isQuiet = false) {
    if (isAsked) {
      this.#timers.forEach(clearTimeout); // what is asked is no longer typed
    }
    this.#running.abort();
    const mine = this.#running = new AbortController();
    const text = this.#question();
    this.#isBehind &&= text !== "";
    if (text === "" && this.#turns.length === 0 && !this.getAttribute("stage")) {
      this.#shown = { text: null, ask: null, hits: [] };
      this.#say("");
      this.#draw();
      return false;
    }
    const body = { text, turns: this.#turns, typing: !isAsked };
    for (const [name, key] of [["region", "region"], ["customer-type", "customer_type"], ["stage", "stage"], ["answer-language", "language"]]) {
      if (this.getAttribute(name)) {
        body[key] = this.getAttribute(name);
      }
    }
    if (this.getAttribute("product")) {
      body.products = [this.getAttribute("product")];
    }
    if (Number(this.getAttribute("limit")) > 0) {
      body.limit = Number(this.getAttribute("limit"));
    }
    const { text: before, ask } = this.#last;
    if (isAsked && ask && before !== text && (text.startsWith(before) || before.startsWith(text))) {
      body.refines = ask;
    }
    const answer = await this.#call("POST", "/api/v1/suggest", body, mine.signal);
    if (answer === null || mine.signal.aborted) {
      return false;
    }
    this.#take(text, answer, isAsked, isQuiet);
    return true;
  }

  // #take shows an answer. The same suggestions are left as they are, with what was
  // opened and begun in them; quietly, what was said of them stays too.
  #take(text, answer, isAsked, isQuiet) {
    if (answer.ask) {
      this.#last = { text, ask: answer.ask };
    }
    const ids = (hits) => JSON.stringify(hits.map((hit) => [hit.solution_id, hit.revision, hit.passage]));
    const same = this.#shown.text === text && ids(this.#shown.hits) === ids(answer.suggestions);
    this.#shown = { text, ask: answer.ask ?? (same ? this.#shown.ask : null), hits: same ? this.#shown.hits : answer.suggestions };
    if (!same) {
      this.#chosen = 0;
      this.#draw();
    }
    const none = answer.suggestions.length > 0 ? "" : this.#t(isAsked ? "none" : "nothing");
    if (!same || !isQuiet) {
      this.#say([none, answer.source === "postgresql" ? this.#t("plain") : ""].filter(Boolean).join(" "));
    }
    this.#tell("assay-answered", { ask: this.#shown.ask, count: answer.suggestions.length });
  }

  #draw() {
    this.#parts.list.replaceChildren(...this.#shown.hits.map((hit, i) => this.#hit(hit, i)));
    this.#choose(this.#chosen, false);
  }

  #hit(hit, i) {
    const said = (text) => element("p", { className: "said", dir: "auto" }, text);
    const passage = said("");
    passage.append(...(hit.passage_parts ?? []).map((part) => part.mark ? element("mark", {}, part.text) : part.text));
    const buttons = Object.values(grades).map((grade) => element("button", {
      type: "button", "aria-pressed": String(hit.grade === grade), "data-grade": grade, onclick: () => this.#grade(i, grade),
    }, this.#t(grade)));
    const note = element("input", { hidden: true, maxLength: 1000, placeholder: this.#t("note"), "aria-label": this.#t("note") });
    note.addEventListener("keydown", (event) => this.#noteKey(event, i));
    const item = element("li", { className: "hit", tabIndex: -1 },
      element("header", {}, element("h3", { dir: "auto" }, (i + 1) + ". " + hit.title),
        hit.confidence ? element("span", { className: "match" }, this.#t(hit.confidence) + " " + Math.round(hit.score * 100) + " %") : null),
      passage,
      hit.short_reply ? element("div", { className: "reply" }, element("h4", {}, this.#t("short")), said(hit.short_reply)) : null,
      hit.note ? element("div", { className: "internal" }, element("h4", {}, this.#t("internal")), said(hit.note)) : null,
      hit.answer !== hit.passage ? this.#whole(hit) : null,
      this.#source(hit),
      element("div", { className: "acts" },
        element("button", { type: "button", "data-copy": "", onclick: () => this.#copy(i) }, this.#t("copy")), ...buttons, note));
    item.addEventListener("focusin", () => this.#choose(i, false));
    item.addEventListener("click", () => this.#choose(i, false));
    return item;
  }

  #whole(hit) {
    const details = element("details", {}, element("summary", {}, this.#t("answer")));
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) {
        details.append(answerOf(hit));
        this.#used(hit, "opened", "");
      }
    });
    return details;
  }

  #source(hit) {
    return element("p", { className: "source" }, element("code", {}, hit.solution_id),
      hit.revision ? element("span", {}, this.#t("revision") + " " + hit.revision) : null,
      hit.owner ? element("span", {}, hit.owner) : null,
      hit.reviewed_on ? element("span", {}, this.#t("reviewed") + " " + hit.reviewed_on) : null,
      hit.valid_until ? element("span", {}, this.#t("until") + " " + hit.valid_until) : null,
      hit.region ? element("span", { className: "region" }, hit.region) : null,
      hit.customer_type ? element("span", { className: "customer" }, this.#t("customer." + hit.customer_type) ?? hit.customer_type) : null,
      hit.stale ? element("span", { className: "stale" }, this.#t("stale")) : null);
  }

  #choose(i, focus) {
    const items = [...this.#parts.list.children];
    if (items.length === 0) {
      return;
    }
    this.#chosen = Math.max(0, Math.min(i, items.length - 1));
    items.forEach((item, n) => item.classList.toggle("chosen", n === this.#chosen));
    if (focus) {
      items[this.#chosen].focus();
    }
  }

  // #number is that of the question; what is done with an answer makes it one. Where
  // nothing was asked there is none.
  async #number() {
    if (this.#shown.ask === null && (this.#shown.text || this.#turns.length > 0)) {
      await this.#search(true, true);
    }
    return this.#shown.ask ?? 0;
  }

  async #used(hit, action, part) {
    await this.#call("POST", "/api/v1/suggest/used", { ask: await this.#number(), solution_id: hit.solution_id, action, part });
  }

  async #copy(i) {
    const hit = this.#shown.hits[i];
    const { reply: text, reply_part: part } = hit;
    const isLeft = this.#tell("assay-copy", { text, part, solutionId: hit.solution_id, ask: this.#shown.ask }, true);
    if (isLeft && !await copy(text, this.#root)) {
      this.#say(this.#t("uncopied"), true);
      return;
    }
    this.#say(this.#t(isLeft ? "copied" : "inserted"));
    await this.#used(hit, isLeft ? "copied" : "inserted", part);
  }

  async #send(hit, grade, note) {
    return this.#call("POST", "/api/v1/feedback", {
      ask: await this.#number(), solution_id: hit.solution_id, revision: hit.revision ?? 0, grade, note,
    });
  }

  // #grade tells what one thinks of a suggestion; the same again takes it back.
  async #grade(i, grade) {
    const hit = this.#shown.hits[i];
    const item = this.#parts.list.children[i]; // which others may stand in for meanwhile
    const isBack = hit.grade === grade;
    const done = isBack ? await this.#call("DELETE", "/api/v1/feedback/" + encodeURIComponent(hit.solution_id)) : await this.#send(hit, grade, "");
    if (done === null) {
      return;
    }
    hit.grade = isBack ? undefined : grade;
    for (const button of item.querySelectorAll("[data-grade]")) {
      button.setAttribute("aria-pressed", String(button.dataset.grade === hit.grade));
    }
    const note = item.querySelector("input");
    note.hidden = isBack;
    note.value = "";
    this.#say(this.#t(isBack ? "takenback" : "thanks"));
    if (grade === "wrong" || grade === "outdated") {
      note.focus();
    }
  }

  async #noteKey(event, i) {
    if (event.isComposing || event.keyCode === 229 || event.key !== "Enter" && event.key !== "Escape") {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const hit = this.#shown.hits[i];
    const field = event.target; // which it is only now
    if (event.key === "Escape" || await this.#send(hit, hit.grade, field.value.trim()) !== null) {
      field.closest("li").focus();
      field.hidden = true;
    }
  }

  #listen() {
    const { field, form } = this.#parts;
    const stop = () => this.#timers.forEach(clearTimeout);
    const later = () => {
      stop();
      this.#timers = [setTimeout(() => this.#search(false), typed), setTimeout(() => this.#search(true), asked)];
    };
    field.addEventListener("input", (event) => event.isComposing || later());
    // An input method's text counts once it is chosen.
    field.addEventListener("compositionstart", stop);
    field.addEventListener("compositionend", later);
    field.addEventListener("paste", () => setTimeout(() => this.#search(true)));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await this.#search(true)) {
        this.#choose(0, true);
      }
    });
    this.#root.addEventListener("keydown", (event) => this.#key(event));
    // A note is finished: it was sent, or left.
    this.#root.addEventListener("focusout", () => setTimeout(() => {
      if (this.#isBehind && this.#question() === "" && !this.#isTyping()) {
        this.#search(true);
      }
    }));
  }

  #key(event) {
    // 229: an input method has the key.
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey || event.repeat) {
      return;
    }
    const act = event.target === this.#parts.field ? this.#fieldKey(event) : this.#listKey(event);
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  }

  #fieldKey(event) {
    switch (true) {
      case event.key === "Enter" && !event.shiftKey: return () => this.#parts.form.requestSubmit();
      case event.key === "Escape": return () => this.clear();
    }
    return null;
  }

  #listKey(event) {
    if (event.target.matches("input") || this.#shown.hits.length === 0 || event.key === "Enter" && event.target.matches("button, summary, a")) {
      return null;
    }
    switch (event.key) {
      case "Enter": case "c": return () => this.#copy(this.#chosen);
      case "h": case "p": case "w": case "o": return () => this.#grade(this.#chosen, grades[event.key]);
      case "/": return () => this.#parts.field.select();
      case "Escape": return () => { this.clear(); this.#parts.field.focus(); };
      case "ArrowDown": return () => this.#choose(this.#chosen + 1, true);
      case "ArrowUp": return () => this.#choose(this.#chosen - 1, true);
    }
    const n = Number(event.key);
    return n >= 1 && n <= this.#shown.hits.length ? () => this.#choose(n - 1, true) : null;
  }
}

customElements.define("assay-suggest", AssaySuggest);
