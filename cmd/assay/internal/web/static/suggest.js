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
  let chosen = 0;

  // current is the part of the page that the server draws.
  function current() { return found.firstElementChild; }

  function items() { return [...found.querySelectorAll(".suggestion")]; }

  function say(text) { status.textContent = text; }

  // search has the server draw the suggestions. Only the latest search counts: the
  // one before is given up. It returns whether there is an answer.
  async function search(isAsked) {
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
        say(answer.status === 403 ? status.dataset.refused : status.dataset.error);
        return false;
      }
      const html = await answer.text();
      if (mine.signal.aborted) {
        return false;
      }
      draw(html, text);
      return true;
    } catch (error) {
      if (error.name !== "AbortError") {
        say(status.dataset.offline);
        timers = [setTimeout(search, 3000, isAsked)];
      }
      return false;
    }
  }

  // draw shows what the server drew. The same suggestions are left as they are, with
  // what was opened and begun in them.
  function draw(html, text) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".found");
    const ids = (part) => JSON.stringify([...part.querySelectorAll(".suggestion")].map((s) => [s.dataset.id, s.dataset.revision]));
    if (fresh.dataset.ask !== "0") {
      last = { text, ask: fresh.dataset.ask };
    }
    if (text !== "" && items().length > 0 && current().dataset.text === text && ids(current()) === ids(fresh)) {
      if (fresh.dataset.ask !== "0") {
        current().dataset.ask = fresh.dataset.ask;
      }
    } else {
      current().replaceWith(document.adoptNode(fresh));
      current().dataset.text = text;
      choose(0, false);
    }
    say("");
  }

  // choose marks a suggestion as the one that keys are about.
  function choose(i, focus) {
    const list = items();
    if (list.length === 0) {
      return;
    }
    chosen = Math.max(0, Math.min(i, list.length - 1));
    list.forEach((item, n) => item.classList.toggle("chosen", n === chosen));
    if (focus) {
      list[chosen].focus({ preventScroll: true });
      list[chosen].scrollIntoView({ block: "nearest" });
    }
  }

  // number is that of the question that was asked; what is done with an answer
  // makes the text a question.
  async function number() {
    if (field.value.trim() !== "" && current().dataset.ask === "0") {
      await search(true);
    }
    return Number(current().dataset.ask);
  }

  async function send(method, path, body) {
    try {
      const answer = await fetch(path, {
        method, headers: body && { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
      });
      if (!answer.ok) {
        say(answer.status === 403 ? status.dataset.nameless : status.dataset.error);
      }
      return answer.ok;
    } catch {
      say(status.dataset.offline);
      return false;
    }
  }

  async function copyReply(item) {
    const text = item.querySelector(".copied").content.textContent;
    if (!await copy(text)) {
      say(status.dataset.uncopied);
      return;
    }
    say(status.dataset.copied);
    item.classList.add("used");
    await used(item, "copied", item.dataset.part);
  }

  async function used(item, action, part) {
    await send("POST", "/suggest/used", { ask: await number(), solution_id: item.dataset.id, action, part });
  }

  // grade tells what one thinks of a suggestion; the same again takes it back.
  async function grade(item, button) {
    if (!button) {
      say(status.dataset.nameless);
      return;
    }
    const wasPressed = button.getAttribute("aria-pressed") === "true";
    const done = wasPressed
      ? await send("DELETE", "/suggest/grade/" + encodeURIComponent(item.dataset.id))
      : await sendGrade(item, button.value, "");
    if (!done) {
      return;
    }
    for (const other of item.querySelectorAll(".grades button")) {
      other.setAttribute("aria-pressed", String(other === button && !wasPressed));
    }
    const remark = item.querySelector(".remark");
    remark.hidden = wasPressed;
    remark.note.value = "";
    say(wasPressed ? status.dataset.back : status.dataset.taken + button.lastChild.textContent.trim());
    if (!wasPressed && (button.value === "wrong" || button.value === "outdated")) {
      remark.note.focus();
    }
  }

  async function sendGrade(item, value, note) {
    return send("POST", "/suggest/grade", {
      ask: await number(), solution_id: item.dataset.id, revision: Number(item.dataset.revision), grade: value, note,
    });
  }

  async function remark(item) {
    const form = item.querySelector(".remark");
    const button = item.querySelector('.grades [aria-pressed="true"]');
    if (button && await sendGrade(item, button.value, form.note.value.trim())) {
      form.hidden = true;
      say(status.dataset.taken + button.lastChild.textContent.trim());
      item.focus();
    }
  }

  async function pin(item, button) {
    if (!button) {
      say(status.dataset.nameless);
      return;
    }
    const on = button.value === "1";
    if (await send(on ? "PUT" : "DELETE", "/suggest/pins/" + encodeURIComponent(item.dataset.id))) {
      button.value = on ? "0" : "1";
      button.setAttribute("aria-pressed", String(on));
      say(on ? status.dataset.pinned : status.dataset.unpinned);
    }
  }

  function whole(item) {
    const details = item.querySelector(".whole");
    if (details) {
      details.open = !details.open;
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
    search(true).then(() => choose(0, true));
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
        choose(0, true);
      }
    } else if (event.key === "Escape") {
      event.preventDefault();
      clear();
    }
  });
  ask.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await search(true)) {
      choose(0, true);
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
      return;
    }
    const item = event.target.closest(".suggestion");
    if (item) {
      choose(items().indexOf(item), false);
      if (event.target.closest("[data-copy]")) {
        copyReply(item);
      }
    }
  });
  found.addEventListener("submit", (event) => {
    event.preventDefault();
    const item = event.target.closest(".suggestion");
    if (event.target.matches(".grades")) {
      grade(item, event.submitter);
    } else if (event.target.matches(".pin")) {
      pin(item, event.submitter);
    } else {
      remark(item);
    }
  });
  found.addEventListener("toggle", (event) => {
    if (event.target.matches(".whole") && event.target.open) {
      used(event.target.closest(".suggestion"), "opened", "");
    }
  }, true);
  found.addEventListener("focusin", (event) => {
    const item = event.target.closest(".suggestion");
    if (item) {
      choose(items().indexOf(item), false);
    }
  });
  // Escape in a note goes back to its suggestion.
  found.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && event.target.matches("input")) {
      event.preventDefault();
      event.stopPropagation();
      event.target.form.hidden = true;
      event.target.closest(".suggestion").focus();
    }
  });

  const actions = {
    c: copyReply, Enter: copyReply, a: whole,
    h: (item) => grade(item, item.querySelector('[value="helpful"]')), p: (item) => grade(item, item.querySelector('[value="partly"]')),
    w: (item) => grade(item, item.querySelector('[value="wrong"]')), o: (item) => grade(item, item.querySelector('[value="outdated"]')),
    s: (item) => pin(item, item.querySelector(".pin button")),
    ArrowDown: () => choose(chosen + 1, true), ArrowUp: () => choose(chosen - 1, true),
  };
  document.addEventListener("keydown", (event) => {
    if (typing(event) || event.repeat || event.keyCode === 229 || event.defaultPrevented) {
      return;
    }
    if (event.key === "/" || event.key === "Escape") {
      event.preventDefault();
      if (event.key === "/") {
        field.select();
      } else {
        clear();
      }
      return;
    }
    const item = items()[chosen];
    if (!item || event.key === "Enter" && event.target.closest("a, button, summary")) {
      return;
    }
    if (/^[1-9]$/.test(event.key) && items().length >= Number(event.key)) {
      event.preventDefault();
      choose(Number(event.key) - 1, true);
    } else if (actions[event.key]) {
      event.preventDefault();
      actions[event.key](item);
    }
  });

  restore();
  fit();
  current().dataset.text = field.value.trim();
  choose(0, false);
  if (kept.some((name) => ask[name].value !== (ask[name].querySelector("[selected]")?.value || "")) || field.value !== field.defaultValue) {
    search(false);
  }
}
