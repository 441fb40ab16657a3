// What is done with suggestions, on every page that has them: one is chosen, and a
// key copies it, shows all of it, or tells what one thinks of it.
"use strict";

// suggestionList gives the suggestions in an element their keys. What was done is said
// in status, whose data has the words; question gives the number of what was asked,
// once it is known.
function suggestionList(found, status, question) {
  let chosen = 0;

  function items() { return [...found.querySelectorAll(".suggestion")]; }

  function say(text) { status.textContent = text; }

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

  async function send(method, path, body) {
    try {
      const answer = await fetch(path, {
        method, headers: body && { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
      });
      if (!answer.ok) {
        say(answer.status === 403 ? status.dataset.nameless : status.dataset.failed);
      }
      return answer.ok;
    } catch {
      say(status.dataset.unreachable);
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
    await send("POST", "/suggest/used", { ask: await question(), solution_id: item.dataset.id, action, part });
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
      ask: await question(), solution_id: item.dataset.id, revision: Number(item.dataset.revision), grade: value, note,
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

  function whole(item) {
    const details = item.querySelector(".whole");
    if (details) {
      details.open = !details.open;
    }
  }

  found.addEventListener("click", (event) => {
    const item = event.target.closest(".suggestion");
    if (item) {
      choose(items().indexOf(item), false);
      if (event.target.closest("[data-copy]")) {
        copyReply(item);
      }
    }
  });
  found.addEventListener("submit", (event) => {
    const item = event.target.closest(".suggestion");
    if (event.target.matches(".grades")) {
      event.preventDefault();
      grade(item, event.submitter);
    } else if (event.target.matches(".remark")) {
      event.preventDefault();
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
    ArrowDown: () => choose(chosen + 1, true), ArrowUp: () => choose(chosen - 1, true),
  };
  document.addEventListener("keydown", (event) => {
    const item = items()[chosen];
    if (!item || typing(event) || event.repeat || event.keyCode === 229 || event.defaultPrevented || event.key === "Enter" && event.target.closest("a, button, summary")) {
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

  return { items, choose, say, send, chosen: () => items()[chosen] };
}
