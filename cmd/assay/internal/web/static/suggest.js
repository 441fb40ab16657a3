// Suggestions as one types.
"use strict";

const ask = document.getElementById("ask");
const hits = document.getElementById("hits");
const pause = 150; // milliseconds without a key before the search starts

if (ask) {
  const status = document.getElementById("status");
  const none = document.getElementById("none");
  const blank = document.getElementById("hit");
  let timer = 0;
  let running = new AbortController();

  // draw puts suggestions in the place of those shown.
  function draw(question, suggestions) {
    hits.replaceChildren(...suggestions.map((suggestion) => {
      const item = blank.content.cloneNode(true);
      for (const field of item.querySelectorAll("[data-f]")) {
        const value = suggestion[field.dataset.f];
        field.textContent = field.dataset.f === "score" ? Math.round(value * 100) + " %" : value;
      }
      item.querySelector("details").hidden = suggestion.answer === suggestion.passage;
      return item;
    }));
    const nothing = question !== "" && suggestions.length === 0;
    status.textContent = nothing ? status.dataset.none : "";
    none.hidden = !nothing;
  }

  async function search() {
    running.abort();
    running = new AbortController();
    const question = ask.q.value.trim();
    history.replaceState(null, "", question === "" ? "/suggest" : "/suggest?" + new URLSearchParams({ q: question }));
    if (question === "") {
      draw("", []);
      return;
    }
    try {
      const answer = await fetch("/api/v1/suggest?" + new URLSearchParams({ q: question }), { signal: running.signal });
      if (!answer.ok) {
        throw new Error(answer.statusText);
      }
      draw(question, (await answer.json()).suggestions);
    } catch (error) {
      if (error.name !== "AbortError") {
        status.textContent = status.dataset.error;
      }
    }
  }

  ask.q.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) {
      timer = setTimeout(search, pause);
    }
  });
  // An input method's text counts once it is chosen.
  ask.q.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(search, pause);
  });
  ask.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });

  hits.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) {
      return;
    }
    const answer = button.closest(".suggestion").querySelector(".answer");
    await copy(answer);
    const label = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 1500);
  });

  onKeys({ "/": () => ask.q.select() });
}
