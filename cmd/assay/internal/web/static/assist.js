// A running session as it goes on: what was said, what may be answered, what to
// mind, and how long the customer may wait.
"use strict";

const assist = document.getElementById("assist");
const words = assist.dataset;
const turns = document.getElementById("turns");
const hits = document.getElementById("hits");
const clock = document.getElementById("clock");
const line = document.getElementById("line");
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

function suggestions(told) {
  show(document.getElementById("question"), told.question);
  document.getElementById("yet").hidden = true;
  document.getElementById("none").hidden = told.suggestions.length > 0;
  hits.replaceChildren(...told.suggestions.map((suggestion) => {
    const item = blank("hit");
    fill(item, { ...suggestion, score: Math.round(suggestion.score * 100) + " %" });
    item.dataset.revision = suggestion.revision ?? 0;
    item.querySelector("details").hidden = suggestion.answer === suggestion.passage;
    item.querySelector(".reply").hidden = !suggestion.short_reply;
    item.querySelector(".internal").hidden = !suggestion.note;
    item.querySelector(".until").hidden = !suggestion.valid_until;
    press(item, suggestion.grade);
    return item;
  }));
}

function press(item, grade) {
  for (const button of item.querySelectorAll("[data-grade]")) {
    button.setAttribute("aria-pressed", String(button.dataset.grade === grade));
  }
}

// rate tells what one thinks of a suggestion; the same again takes it back.
async function rate(button) {
  const item = button?.closest(".suggestion");
  if (!item) {
    return;
  }
  const id = item.querySelector("[data-f=solution_id]").textContent;
  const isBack = button.getAttribute("aria-pressed") === "true";
  const grade = button.dataset.grade;
  try {
    const answer = await fetch("/suggest/grade" + (isBack ? "/" + encodeURIComponent(id) : ""), isBack ? { method: "DELETE" } : {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ask: 0, solution_id: id, revision: Number(item.dataset.revision), grade }),
    });
    if (answer.ok) {
      press(item, isBack ? "" : grade);
    }
  } catch {
    line.textContent = words.lost;
  }
}

const rateFirst = (grade) => rate(hits.querySelector(`[data-grade="${grade}"]`));

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

hits.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    take(button);
  }
  const grade = event.target.closest("[data-grade]");
  if (grade) {
    rate(grade);
  }
});

// take puts a suggestion's answer on the clipboard, and tells that it was of use.
async function take(button) {
  const item = button.closest(".suggestion");
  if (!await copyBy(button, item.querySelector(".answer").textContent)) {
    return;
  }
  try {
    await fetch("/suggest/used", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ask: 0, solution_id: item.querySelector("[data-f=solution_id]").textContent, action: "copied", part: "answer" }),
    });
  } catch {
    // The answer is copied all the same.
  }
}

onKeys({
  c: () => {
    const button = hits.querySelector("[data-copy]");
    if (button) {
      take(button);
    }
  },
  h: () => rateFirst("helpful"),
  p: () => rateFirst("partly"),
  w: () => rateFirst("wrong"),
  o: () => rateFirst("outdated"),
  e: () => turns.lastElementChild?.scrollIntoView({ block: "end" }),
});

setInterval(count, 500);
count();
if (words.over !== "true") {
  listen();
}
