"use strict";
// Search and sort, all in the page. Without this script the tables are there as they are, and nothing is missing.
(() => {
  const field = document.getElementById("search");
  const said = document.getElementById("found");
  const rows = [...document.querySelectorAll("[data-search] > tr")];

  function search() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    const found = said.dataset.words.replace("{shown}", shown).replace("{all}", rows.length);
    said.textContent = words.length ? found : "";
  }

  function value(row, column) {
    const cell = row.cells[column];
    if (cell.dataset.value === undefined) return cell.textContent.trim().toLowerCase();
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  }

  function sort(table, column, header) {
    const descending = header.getAttribute("aria-sort") === "ascending"
      || (header.getAttribute("aria-sort") !== "descending" && header.classList.contains("number"));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const order = [...body.rows].map((row) => [value(row, column), row]);
    order.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);  // what is no number comes last
      const less = typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
      return descending ? -less : less;
    });
    body.append(...order.map(([, row]) => row));
  }

  for (const table of document.querySelectorAll("table[data-sort]")) {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      if (header.dataset.fixed !== undefined) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sort(table, column, header));
    });
  }

  field.closest("[hidden]").hidden = false;
  field.addEventListener("input", search);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
    } else if (event.key === "Escape" && event.target === field) {
      field.value = "";
      search();
    }
  });
})();
