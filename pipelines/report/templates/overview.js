"use strict";
(function () {
  document.documentElement.classList.add("js");
  var table = document.querySelector("table.sites");
  if (!table) { return; }
  var body = table.tBodies[0];
  var rows = Array.prototype.slice.call(body.rows);
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var collator = new Intl.Collator(undefined, { numeric: true });
  var form = document.querySelector("form.filter");
  var status = form.querySelector("[role=status]");

  function value(row, column) {
    var cell = row.cells[column];
    var given = cell.getAttribute("data-value");
    return given === null ? cell.textContent.trim() : given;
  }
  function sort(column) {
    var head = heads[column];
    var number = head.getAttribute("data-kind") === "number";
    var down = head.getAttribute("aria-sort") === "ascending";
    var keyed = rows.map(function (row) { return { row: row, key: value(row, column) }; });
    keyed.sort(function (a, b) {
      var order = number ? Number(a.key) - Number(b.key) : collator.compare(a.key, b.key);
      return down ? -order : order;
    });
    heads.forEach(function (each) { each.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    var sorted = document.createDocumentFragment();
    keyed.forEach(function (each) { sorted.appendChild(each.row); });
    body.appendChild(sorted);
  }
  heads.forEach(function (head, column) {
    var button = head.querySelector(".sort");
    if (!button) { return; }
    head.querySelector(".plain").hidden = true;
    button.hidden = false;
    button.addEventListener("click", function () { sort(column); });
  });

  var texts = new Map(rows.map(function (row) { return [row, row.cells[0].textContent.toLowerCase()]; }));
  function filter() {
    var words = form.elements.words.value.trim().toLowerCase();
    var state = form.elements.state.value;
    var shown = 0;
    rows.forEach(function (row) {
      var fits = texts.get(row).indexOf(words) >= 0 && (!state || row.getAttribute("data-state") === state);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    status.textContent = shown + " of " + rows.length + " sites";
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.hidden = false;
  filter();
}());
