"use strict";
// The page is whole without this: it adds a filter, sortable columns, and unfolds everything for printing.
(() => {
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  for (const key of ["failed", "flaky", "quarantine"]) {
    const section = document.getElementById(key);
    const cards = section ? [...section.querySelectorAll("details.card")] : [];
    if (cards.length < 2) continue;
    const bar = make("div", { className: "tools" });
    const field = make("input", { type: "search", placeholder: "Filter by name, reason or worker" });
    field.setAttribute("aria-label", "Filter " + section.querySelector("h2").firstChild.textContent);
    const told = make("span", { className: "more" });
    told.setAttribute("role", "status");
    const fold = make("button", { type: "button", textContent: "Unfold all" });
    const words = cards.map((card) => card.querySelector("summary").textContent.toLowerCase());
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      cards.forEach((card, at) => {
        card.hidden = !wanted.every((word) => words[at].includes(word));
        shown += !card.hidden;
      });
      told.textContent = wanted.length ? shown + " of " + cards.length : "";
    });
    fold.addEventListener("click", () => {
      const open = cards.some((card) => !card.open);
      cards.forEach((card) => { card.open = open; });
      fold.textContent = open ? "Fold all" : "Unfold all";
    });
    bar.append(field, fold, told);
    section.querySelector("h2").after(bar);
  }

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", { type: "button", textContent: head.textContent });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const number = head.classList.contains("number");
        const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : number;
        const value = (row) => row.cells[column].textContent;
        const order = (a, b) => number ? parseFloat(value(a)) - parseFloat(value(b)) : value(a).localeCompare(value(b));
        const rows = [...body.rows].sort((a, b) => down ? order(b, a) : order(a, b));
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        body.replaceChildren(...rows);
      });
    });
  }

  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open])")];
    unfolded.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => unfolded.forEach((each) => { each.open = false; }));
})();
