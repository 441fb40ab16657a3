// Lists what is wrong with the page: an expression whose value is a list of texts.
(() => {
  const wrong = [];
  const seen = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (seen.has(element.id)) {
      wrong.push("the id " + element.id + " stands twice");
    }
    seen.add(element.id);
  }
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    if (!document.getElementById(link.getAttribute("href").slice(1))) {
      wrong.push("a link leads to " + link.getAttribute("href") + ", which is not there");
    }
  }
  for (const field of document.querySelectorAll("input, select, textarea")) {
    if (field.type !== "hidden" && (!field.labels || field.labels.length === 0)) {
      wrong.push("the field " + field.name + " has no label");
    }
  }
  for (const control of document.querySelectorAll("a, button, summary")) {
    const name = control.getAttribute("aria-label") || control.title || control.textContent.trim();
    if (!name && !control.querySelector(".unseen")) {
      wrong.push("a control has no name: " + control.outerHTML.slice(0, 80));
    }
  }
  if (document.querySelectorAll("h1").length !== 1) {
    wrong.push("the page has no heading, or several");
  }

  // Contrast, after WCAG 2.2, 1.4.3.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = rgba(getComputedStyle(e).backgroundColor);
      if (color[3] === 255) {
        return color;
      }
    }
    return rgba("canvas");
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("option, datalist, template, script")) {
      continue;
    }
    const [a, b] = [luminance(rgba(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) {
      wrong.push("contrast " + ratio.toFixed(2) + ": " + walker.currentNode.data.trim().slice(0, 40));
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) {
    wrong.push("the page is " + document.documentElement.scrollWidth + " wide in a window of " + innerWidth);
  }
  return wrong;
})()
