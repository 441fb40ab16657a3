// Suggestions for somebody who is on the phone: answers while typing, one key for
// each thing that is done with them.
"use strict";

const ask = document.getElementById("ask");
const typed = 150; // milliseconds without a key before the search starts
const asked = 1500; // before what was typed counts as asked

if (ask) {
  const field = ask.q;
  const found = document.getElementById("found");
  const status = document.getElementById("status");
  const kept = ["product", "region", "customer_type", "language"];
  let timers = [];
  let running = new AbortController();
  let last = { text: field.value.trim(), ask: current().dataset.ask }; // what was asked, with its number
  const list = suggestionList(found, status, number);

  // current is the part of the page that the server draws.
  function current() { return found.firstElementChild; }

  // search has the server draw the suggestions. Only the latest search counts: the
  // one before is given up. It returns whether there is an answer.
  async function search(isAsked, isQuiet = false) {
    if (isAsked) {
      timers.forEach(clearTimeout); // what is asked is no longer typed
    }
    running.abort();
    const mine = running = new AbortController();
    const text = field.value.trim();
    const form = new URLSearchParams(new FormData(ask));
    if (isAsked && text !== "") {
      form.set("asked", "1");
      if (last.ask !== "0" && last.text !== text && (text.startsWith(last.text) || last.text.startsWith(text))) {
        form.set("refines", last.ask);
      }
    }
    try {
      const answer = await fetch("/suggest", { method: "POST", body: form, signal: mine.signal });
      if (!answer.ok) {
        list.say(answer.status === 403 ? status.dataset.refused : status.dataset.failed);
        return false;
      }
      const html = await answer.text();
      if (mine.signal.aborted) {
        return false;
      }
      draw(html, text, isQuiet);
      return true;
    } catch (error) {
      if (error.name !== "AbortError") {
        list.say(status.dataset.offline);
        timers = [setTimeout(search, 3000, isAsked)];
      }
      return false;
    }
  }

  // draw shows what the server drew. The same suggestions are left as they are, with
  // what was opened and begun in them; quietly, what was said of them stays too.
  function draw(html, text, isQuiet) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".found");
    const ids = (part) => JSON.stringify([...part.querySelectorAll(".suggestion")].map((s) => [s.dataset.id, s.dataset.revision]));
    if (fresh.dataset.ask !== "0") {
      last = { text, ask: fresh.dataset.ask };
    }
    if (text !== "" && list.items().length > 0 && current().dataset.text === text && ids(current()) === ids(fresh)) {
      if (fresh.dataset.ask !== "0") {
        current().dataset.ask = fresh.dataset.ask;
      }
      if (isQuiet) {
        return;
      }
    } else {
      current().replaceWith(document.adoptNode(fresh));
      current().dataset.text = text;
      list.choose(0, false);
    }
    list.say("");
  }

  // number is that of the question that was asked; what is done with an answer
  // makes the text a question.
  async function number() {
    if (field.value.trim() !== "" && current().dataset.ask === "0") {
      await search(true, true);
    }
    return Number(current().dataset.ask);
  }

  async function pin(item, button) {
    if (!button) {
      list.say(status.dataset.nameless);
      return;
    }
    const on = button.value === "1";
    if (await list.send(on ? "PUT" : "DELETE", "/suggest/pins/" + encodeURIComponent(item.dataset.id))) {
      button.value = on ? "0" : "1";
      button.setAttribute("aria-pressed", String(on));
      list.say(on ? status.dataset.pinned : status.dataset.unpinned);
    }
  }

  function clear() {
    field.value = "";
    field.focus();
    search(false);
  }

  // set puts a text into the field and asks it.
  function set(text) {
    field.value = text;
    fit();
    search(true).then(() => list.choose(0, true));
  }

  // fit makes the field as high as its text, up to a limit that its style sets.
  function fit() { field.rows = Math.min(6, Math.max(2, field.value.split("\n").length)); }

  function later() {
    timers.forEach(clearTimeout);
    timers = [setTimeout(search, typed, false), setTimeout(search, asked, true)];
    fit();
  }

  field.addEventListener("input", (event) => {
    if (!event.isComposing) {
      later();
    }
  });
  // An input method's text counts once it is chosen.
  field.addEventListener("compositionstart", () => timers.forEach(clearTimeout));
  field.addEventListener("compositionend", later);
  field.addEventListener("paste", () => setTimeout(search, 0, true));
  field.addEventListener("keydown", async (event) => {
    // 229: an input method has the key, also where its end came before.
    if (event.isComposing || event.keyCode === 229) {
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (field.value.trim() === "" || await search(true)) {
        list.choose(0, true);
      }
    } else if (event.key === "Escape") {
      event.preventDefault();
      clear();
    }
  });
  ask.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await search(true)) {
      list.choose(0, true);
    }
  });

  // What is chosen once is kept: in the address, and on this machine.
  function keep() {
    const filters = {};
    for (const name of kept) {
      if (ask[name].value) {
        filters[name] = ask[name].value;
      }
    }
    try {
      localStorage.setItem("assay.suggest", JSON.stringify(filters));
    } catch {
      // Without storage the address keeps them.
    }
    address(filters);
    const names = kept.map((name) => ask[name]).filter((select) => select.value).map((select) => select.selectedOptions[0].textContent);
    document.getElementById("chosen").textContent = names.join(" · ") || status.dataset.any;
  }

  function address(filters) {
    const query = new URLSearchParams(filters);
    const stage = ask.querySelector('[name="stage"]:checked');
    if (stage && stage.value) {
      query.set("stage", stage.value);
    }
    history.replaceState(null, "", query.size ? "/suggest?" + query : "/suggest");
    for (const link of document.querySelectorAll(".tools [hreflang]")) {
      query.set("lang", link.hreflang);
      link.href = "/suggest?" + query;
    }
  }

  function restore() {
    let filters = {};
    try {
      filters = JSON.parse(localStorage.getItem("assay.suggest")) || {};
      const question = sessionStorage.getItem("assay.question");
      sessionStorage.removeItem("assay.question");
      if (question && field.value === "") {
        field.value = question;
        fit();
      }
    } catch {
      // Nothing is kept here.
    }
    const here = new URLSearchParams(location.search);
    for (const name of kept) {
      if (!kept.some((other) => here.has(other)) && filters[name]) {
        ask[name].value = filters[name];
      }
    }
    keep();
  }

  ask.addEventListener("change", (event) => {
    if (event.target !== field) {
      keep();
      search(false);
    }
  });
  for (const link of document.querySelectorAll(".tools [hreflang]")) {
    link.addEventListener("click", () => {
      try {
        sessionStorage.setItem("assay.question", field.value);
      } catch {
        // The question is typed again.
      }
    });
  }

  found.addEventListener("click", (event) => {
    const again = event.target.closest("[data-again]");
    if (again) {
      event.preventDefault();
      set(again.textContent);
      return;
    }
    if (event.target.closest("[data-unfilter]")) {
      event.preventDefault();
      kept.forEach((name) => { ask[name].value = ""; });
      keep();
      search(true);
    }
  });
  found.addEventListener("submit", (event) => {
    if (event.target.matches(".pin")) {
      event.preventDefault();
      pin(event.target.closest(".suggestion"), event.submitter);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (typing(event) || event.repeat || event.keyCode === 229 || event.defaultPrevented) {
      return;
    }
    const item = list.chosen();
    const action = { "/": () => field.select(), Escape: clear, s: item && (() => pin(item, item.querySelector(".pin button"))) }[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });

  restore();
  fit();
  current().dataset.text = field.value.trim();
  list.choose(0, false);
  if (kept.some((name) => ask[name].value !== (ask[name].querySelector("[selected]")?.value || "")) || field.value !== field.defaultValue) {
    search(false);
  }
}
