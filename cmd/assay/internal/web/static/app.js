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

// copy puts an element's text on the clipboard; without the permission that
// only secure addresses have, by way of a field.
async function copy(element) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(element.textContent);
    return;
  }
  const field = document.createElement("textarea");
  field.value = element.textContent;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
