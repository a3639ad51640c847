// Keeps the parts marked data-refresh up to date; without it the page shows what was true when it was loaded.
"use strict";
for (const part of document.querySelectorAll("[data-refresh]")) {
  const again = async () => {
    if (!document.hidden && !part.contains(document.activeElement)) {
      try {
        const answer = await fetch(part.dataset.refresh, { headers: { "x-part": "1" }, redirect: "error" });
        if (answer.ok) part.innerHTML = await answer.text(); // ours, rendered and escaped by the server
      } catch { /* the next turn tries again */ }
    }
    setTimeout(again, Number(part.dataset.seconds || 5) * 1000);
  };
  setTimeout(again, Number(part.dataset.seconds || 5) * 1000);
}
for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
}
