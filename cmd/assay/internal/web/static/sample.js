// Labelling by keyboard.
"use strict";

function press(label) {
  document.querySelector(`button[name=label][value=${label}]`).click();
}

onKeys({
  r: () => press("right"),
  w: () => press("wrong"),
  s: () => press("skip"),
  j: () => follow("a[rel=next]"),
  k: () => follow("a[rel=prev]"),
  o: () => follow("a.session"),
  u: () => follow("a.back"),
});
