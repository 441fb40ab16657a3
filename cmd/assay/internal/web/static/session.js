// Criterion and evidence show each other; evidence and neighbours by keyboard.
"use strict";

const marks = [...document.querySelectorAll("mark[data-c]")];
const criteria = [...document.querySelectorAll("li.criterion")];

const belongs = (mark, id) => mark.dataset.c.split(" ").includes(id);

// choose shows one criterion and its evidence; "" shows none.
function choose(id) {
  for (const criterion of criteria) {
    criterion.classList.toggle("chosen", criterion.dataset.c === id);
  }
  for (const mark of marks) {
    mark.classList.toggle("chosen", id !== "" && belongs(mark, id));
  }
}

// show brings an element to the middle and remembers it in the address.
function show(element) {
  history.replaceState(null, "", "#" + element.id);
  element.scrollIntoView({ block: "center" });
}

for (const criterion of criteria) {
  const link = criterion.querySelector("[data-show]");
  if (!link) {
    continue;
  }
  criterion.querySelector(".line").addEventListener("click", (event) => {
    event.preventDefault();
    choose(criterion.dataset.c);
    show(document.querySelector(link.getAttribute("href")));
  });
  for (const place of criterion.querySelectorAll(".evidence a")) {
    place.addEventListener("click", () => choose(criterion.dataset.c));
  }
}

// A mark, a chip or a flag that names a criterion chooses it.
for (const link of document.querySelectorAll('a[href^="#c-"]')) {
  link.addEventListener("click", (event) => {
    const criterion = document.getElementById(link.getAttribute("href").slice(1));
    if (criterion) {
      event.preventDefault();
      choose(criterion.dataset.c);
      show(criterion);
    }
  });
}

const cited = [...document.querySelectorAll("li.turn.cited")];
let at = -1;

// step goes to the next turn with evidence, from the one reached last.
function step(by) {
  if (cited.length === 0) {
    return;
  }
  at = Math.min(Math.max(at < 0 && by < 0 ? cited.length - 1 : at + by, 0), cited.length - 1);
  for (const turn of cited) {
    turn.classList.toggle("reached", turn === cited[at]);
  }
  show(cited[at]);
  cited[at].querySelector("mark a").focus({ preventScroll: true });
}

onKeys({
  j: () => step(1),
  k: () => step(-1),
  "[": () => follow('a[rel="prev"]'),
  "]": () => follow('a[rel="next"]'),
  u: () => follow("a.back"),
  r: () => document.querySelector("#reveal input")?.focus(),
  Escape: () => choose(""),
});

if (location.hash.startsWith("#c-")) {
  choose(location.hash.slice(3));
}
