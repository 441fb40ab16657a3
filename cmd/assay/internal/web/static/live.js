// A page that shows work as it goes on: its part #live is fetched again until
// the work is done.
"use strict";

const every = 2000; // milliseconds

async function refresh() {
  const live = document.getElementById("live");
  if (!live || live.dataset.live !== "true") {
    return;
  }
  if (!document.hidden && !live.contains(document.activeElement)) {
    try {
      const answer = await fetch(location.href);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
      if (answer.ok && fresh) {
        live.replaceWith(document.adoptNode(fresh));
      }
    } catch {
      // The server is away for a moment: the next time will do.
    }
  }
  setTimeout(refresh, every);
}
setTimeout(refresh, every);
