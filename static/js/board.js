// Dragging a card opens the same small form as the button beside it: the gate is asked either way.
(function () {
  "use strict";
  var dragged = null;
  document.addEventListener("dragstart", function (e) {
    dragged = e.target.closest && e.target.closest(".deal[draggable]");
    if (!dragged) return;
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", dragged.dataset.id);
    dragged.classList.add("lifted");
  });
  document.addEventListener("dragend", function () {
    if (dragged) dragged.classList.remove("lifted");
    dragged = null;
    document.querySelectorAll(".col.over").forEach(function (c) { c.classList.remove("over"); });
  });
  document.addEventListener("dragover", function (e) {
    var column = e.target.closest && e.target.closest(".col");
    if (!dragged || !column || column === dragged.closest(".col")) return;
    e.preventDefault();
    document.querySelectorAll(".col.over").forEach(function (c) { if (c !== column) c.classList.remove("over"); });
    column.classList.add("over");
  });
  document.addEventListener("drop", function (e) {
    var column = e.target.closest && e.target.closest(".col");
    if (!dragged || !column) return;
    e.preventDefault();
    var path = "/registrations/" + encodeURIComponent(dragged.dataset.id) + "/move?to=" + encodeURIComponent(column.dataset.stage);
    window.htmx.ajax("GET", path, { target: "#move-panel", swap: "innerHTML" });
  });
  document.addEventListener("htmx:afterSettle", function () {
    var move = document.getElementById("move");
    if (move) { move.scrollIntoView({ block: "center" }); }
  });
})();
