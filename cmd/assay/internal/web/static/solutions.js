// The solution library by keyboard; a form that shows itself while one types.
"use strict";

const rows = [...document.querySelectorAll("#queue a.open")];

// step moves the focus by rows; Enter then follows the link by itself.
function step(by) {
  if (rows.length === 0) {
    return;
  }
  const here = rows.findIndex((row) => row.closest("tr").contains(document.activeElement));
  const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + by, 0), rows.length - 1);
  rows[next].focus();
  rows[next].closest("tr").scrollIntoView({ block: "nearest" });
}

const boxes = [...document.querySelectorAll('#queue input[name="id"]')];

// picked shows how many rows are chosen.
function picked() {
  const count = boxes.filter((box) => box.checked).length;
  document.getElementById("picked").textContent = count > 0 ? `(${count})` : "";
  document.getElementById("all").checked = count > 0 && count === boxes.length;
  for (const box of boxes) {
    box.closest("tr").classList.toggle("picked", box.checked);
  }
}

// pick chooses the row that has the focus, or leaves it.
function pick() {
  const box = document.activeElement.closest("tr")?.querySelector('input[name="id"]');
  if (box) {
    box.checked = !box.checked;
    picked();
  }
}

if (boxes.length > 0) {
  for (const box of boxes) {
    box.addEventListener("change", picked);
  }
  document.getElementById("all").addEventListener("change", (event) => {
    for (const box of boxes) {
      box.checked = event.target.checked;
    }
    picked();
  });
  picked();
}

onKeys({
  j: () => step(1),
  k: () => step(-1),
  x: pick,
  "/": () => document.getElementById("q")?.focus(),
  n: () => follow('a[href="/solutions/new"]'),
  e: () => follow("a#edit"),
  h: () => follow("a#history"),
  u: () => follow("a.back"),
});

// Fields that are not set stay out of the address.
const filter = document.getElementById("filter");
if (filter) {
  filter.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) {
      if (value === "") {
        event.formData.delete(name);
      }
    }
  });
  for (const field of filter.querySelectorAll("select, input[type=checkbox]")) {
    field.addEventListener("change", () => filter.requestSubmit());
  }
  filter.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.target.blur();
    }
  });
}

// In the history a choice compares at once.
const history = document.getElementById("history-form");
if (history) {
  for (const radio of history.querySelectorAll("input[type=radio]")) {
    radio.addEventListener("change", () => history.requestSubmit());
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copyBy(button, document.getElementById(button.dataset.copy).textContent));
}

// The preview and the warning of twins follow what is typed.
const edit = document.getElementById("edit-form");
if (edit) {
  let waiting = 0;
  let asked = 0;
  const look = async () => {
    const mine = ++asked;
    const body = new URLSearchParams(new FormData(edit));
    body.set("do", "preview");
    const response = await fetch(edit.action, { method: "POST", body });
    if (!response.ok || mine !== asked) {
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const id of ["preview", "twins"]) {
      document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
    }
  };
  edit.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 400);
  });
  edit.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      edit.requestSubmit(edit.querySelector('button[value="save"]'));
    }
  });
  document.getElementById("look").hidden = true;
  // Where a form came back, the first field that is wrong comes first.
  edit.querySelector("[aria-invalid]")?.focus();
}

// A box for a field of a bulk edit ticks itself when the field is filled in.
for (const box of document.querySelectorAll('input[name^="set_"]')) {
  const field = document.getElementById(box.name.slice("set_".length));
  field?.addEventListener("input", () => { box.checked = true; });
}
