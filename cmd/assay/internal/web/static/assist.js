// A running session as it goes on: what was said, what may be answered, what to
// mind, and how long the customer may wait.
"use strict";

const assist = document.getElementById("assist");
const words = assist.dataset;
const turns = document.getElementById("turns");
const hits = document.getElementById("hits");
const clock = document.getElementById("clock");
const line = document.getElementById("line");
const list = suggestionList(hits, document.getElementById("status"), () => 0); // what a session asks has no number
const skew = Number(words.now) - Date.now(); // of the server's time against ours

// show puts outside text into an element. What cannot be seen, or would reorder
// its neighbours, stands there by its code.
function show(element, text) {
  const hides = /(?<![\p{So}\p{Sk}\ufe0f])\u200d|(?![\n\r\t\u200d])[\p{Cc}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0\u2800]/gu;
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(hides)) {
    const code = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    const mark = document.createElement("span");
    mark.className = "unseen";
    mark.dataset.code = code;
    mark.title = "U+" + code;
    parts.push(text.slice(from, found.index), mark);
    from = found.index + found[0].length;
  }
  element.replaceChildren(...parts, text.slice(from));
}

function blank(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

function fill(item, values) {
  for (const field of item.querySelectorAll("[data-f]")) {
    show(field, values[field.dataset.f] ?? "");
  }
}

// atEnd tells whether the end of the page is in view, so that it may be followed.
function atEnd() {
  return window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 80;
}

function turn(told) {
  const follows = atEnd() && turns.getBoundingClientRect().bottom > 0 && matchMedia("(min-width: 821px)").matches;
  const item = blank("turn");
  item.id = "t" + told.turn;
  item.className = "turn " + told.speaker + (told.final ? "" : " open") + (told.kind && told.kind !== "message" ? " aside" : "");
  const at = item.querySelector(".at");
  at.href = "#" + item.id;
  show(at, told.clock || "#" + (told.turn + 1));
  show(item.querySelector(".who"), words[told.speaker] || told.speaker);
  show(item.querySelector(".said"), told.text);
  const old = document.getElementById(item.id);
  if (old) {
    old.replaceWith(item);
  } else {
    turns.append(item);
  }
  if (follows) {
    item.scrollIntoView({ block: "end" });
  }
}

let shown = ""; // which suggestions those on the page are
let held = null; // those that wait until a note is written

// suggestions shows what may be answered now; what is being written about the ones
// before is not taken away. The same suggestions are left as they are.
function suggestions(told) {
  held = document.activeElement?.closest("#hits .remark")?.note.value ? told : null;
  if (held) {
    return;
  }
  show(document.getElementById("question"), told.question);
  document.getElementById("yet").hidden = true;
  document.getElementById("none").hidden = told.suggestions.length > 0;
  const ids = JSON.stringify(told.suggestions.map((s) => [s.solution_id, s.revision, s.passage]));
  if (ids !== shown) {
    shown = ids;
    hits.replaceChildren(...told.suggestions.map(suggestion));
    list.choose(0, false);
    list.say("");
  }
}

function suggestion(told, i) {
  const item = blank("hit");
  fill(item, { ...told, number: String(i + 1), score: Math.round(told.score * 100) + " %", copy: words[told.reply_part] });
  Object.assign(item.dataset, { id: told.solution_id, revision: told.revision ?? 0, part: told.reply_part });
  item.querySelector(".copied").content.textContent = told.reply;
  for (const [part, isThere] of Object.entries({
    ".whole": told.answer !== told.passage, ".reply": told.short_reply, ".internal": told.note,
    ".reviewed": told.reviewed_on, ".until": told.valid_until, ".overdue": told.stale,
  })) {
    item.querySelector(part).hidden = !isThere;
  }
  for (const button of item.querySelectorAll(".grades button")) {
    button.setAttribute("aria-pressed", String(button.value === told.grade));
  }
  return item;
}

// A note is finished: it was sent, or left.
hits.addEventListener("focusout", () => setTimeout(() => held && suggestions(held)));

function warning(told, seq) {
  if (document.querySelector(`[data-seq="${seq}"]`)) {
    return;
  }
  const item = blank("warning");
  item.dataset.seq = seq;
  item.className = "warning " + told.severity;
  fill(item, { ...told, severity: words[told.severity], title: (told.of === "tone" ? words.tone + " " : "") + told.title });
  item.querySelector(".chip").className = "chip " + told.severity;
  item.querySelector(".advice").hidden = !told.advice;
  const list = item.querySelector(".evidence");
  const sample = list.firstElementChild;
  list.replaceChildren(...told.evidence.map((place) => {
    const entry = sample.cloneNode(true);
    entry.querySelector("a").href = "#t" + place.turn;
    entry.querySelector(".turn").textContent = "#" + (place.turn + 1);
    show(entry.querySelector("q"), place.quote);
    return entry;
  }));
  document.getElementById("calm").hidden = true;
  document.getElementById("warnings").prepend(item);
}

// wait shows a clock; the time that is left is counted here.
function wait(told) {
  clock.hidden = told.state === "cleared";
  clock.dataset.deadline = clock.hidden ? "" : Date.parse(told.deadline);
  clock.dataset.warn = clock.hidden ? "" : Date.parse(told.warn_at);
  count();
}

function count() {
  if (!clock.dataset.deadline) {
    return;
  }
  const now = Date.now() + skew;
  const left = Math.round((clock.dataset.deadline - now) / 1000);
  const state = left < 0 ? "passed" : now >= clock.dataset.warn ? "warned" : "running";
  clock.className = "clock " + state;
  const size = Math.abs(left);
  clock.querySelector("b").textContent = (left < 0 ? "−" : "") + Math.floor(size / 60) + ":" + String(size % 60).padStart(2, "0");
  clock.querySelector("span").textContent = clock.dataset[state];
}

function ended(told, source) {
  source.close();
  line.textContent = "";
  clock.hidden = true;
  clock.dataset.deadline = "";
  const note = document.getElementById("ended");
  note.querySelector("a").href = told.url;
  note.hidden = false;
}

function listen() {
  const language = document.documentElement.lang.slice(0, 2);
  const query = new URLSearchParams({ after: words.after, lang: language });
  const source = new EventSource("/live/" + encodeURIComponent(words.id) + "/events?" + query);
  const on = (kind, action) => source.addEventListener(kind, (event) => {
    words.after = event.lastEventId;
    action(JSON.parse(event.data), event.lastEventId);
  });
  on("turn", turn);
  on("suggestions", suggestions);
  on("warning", warning);
  on("clock", wait);
  on("ended", (told) => ended(told, source));
  source.onopen = () => { line.textContent = words.open; };
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) { // the browser comes again by itself
      line.textContent = words.lost;
      return;
    }
    line.textContent = words.gone;
    setTimeout(listen, 5000);
  };
}

onKeys({ e: () => turns.lastElementChild?.scrollIntoView({ block: "end" }) });

list.choose(0, false);
setInterval(count, 500);
count();
if (words.over !== "true") {
  listen();
}
