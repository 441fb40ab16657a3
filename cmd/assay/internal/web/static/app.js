// Keys that every page has, and what needs script everywhere.
"use strict";

document.documentElement.classList.add("scripted");

const keys = document.getElementById("keys");
document.querySelector("[data-keys]").addEventListener("click", () => keys.showModal());

// A key means something only when nobody types and no key like Ctrl is held.
function typing(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.isComposing ||
    event.target.closest("input, select, textarea, dialog[open]") !== null;
}

// onKeys calls the action of each key that is pressed.
function onKeys(actions) {
  document.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (action && !typing(event)) {
      event.preventDefault();
      action();
    }
  });
}

onKeys({ "?": () => keys.showModal() });

// follow opens the link that stands for a key, if the page has it.
function follow(selector) {
  const link = document.querySelector(selector);
  if (link) {
    location.assign(link.href);
  }
}

// copy puts a text on the clipboard; without the permission that only secure
// addresses have, by way of a field. It returns whether that worked.
async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // The other way may still be allowed.
    }
  }
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}

// copyBy copies a text for a button, and says on the button that it did.
async function copyBy(button, text) {
  if (!await copy(text)) {
    return false;
  }
  button.dataset.label ??= button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = button.dataset.label; }, 1500);
  return true;
}

// On narrow windows the navigation is wider than it shows: where one is comes into view.
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center", behavior: "instant" });
