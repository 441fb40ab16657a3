// The queue by keyboard, and a filter that applies itself.
"use strict";

const open = [...document.querySelectorAll("#queue a.open")];

// step moves the focus by rows; Enter then follows the link by itself.
function step(by) {
  if (open.length === 0) {
    return;
  }
  const here = open.indexOf(document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : open.length - 1) : Math.min(Math.max(here + by, 0), open.length - 1);
  open[next].focus();
  open[next].closest("tr").scrollIntoView({ block: "nearest" });
}

const filter = document.getElementById("filter");

onKeys({
  j: () => step(1),
  k: () => step(-1),
  "/": () => {
    document.getElementById("show-filter").checked = true;
    filter.querySelector("select").focus();
  },
});

// Fields that are not set stay out of the address.
filter.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) {
    if (value === "") {
      event.formData.delete(name);
    }
  }
});
for (const field of filter.querySelectorAll("select, input")) {
  field.addEventListener("change", () => filter.requestSubmit());
}
filter.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    event.target.blur();
  }
});
