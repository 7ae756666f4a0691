"use strict";
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  var BLINK_MS = 800;

  function show(element) { element.hidden = false; }

  /* Two dates: a slider uncovers the later one; a click blinks between them. */
  document.querySelectorAll("[data-viewer]").forEach(function (viewer) {
    var swipe = viewer.querySelector("[data-swipe]");
    if (!swipe) { return; }
    var stage = viewer.querySelector("[data-stage]");
    var blink = viewer.querySelector("[data-blink]");
    var outlines = viewer.querySelector("[data-marks]");
    var timer = 0;
    viewer.classList.add("live");
    show(viewer.querySelector("[data-controls]"));

    function place(share) {
      stage.style.setProperty("--at", share + "%");
      swipe.setAttribute("aria-valuetext", Math.round(share) + " % of the image before is shown");
    }
    function still() {
      if (timer) { window.clearInterval(timer); }
      timer = 0;
      blink.setAttribute("aria-pressed", "false");
      viewer.classList.remove("blinking");
      place(Number(swipe.value));
    }
    function drag(event) {
      var frame = stage.getBoundingClientRect();
      var share = 100 * (event.clientX - frame.left) / frame.width;
      swipe.value = String(Math.min(Math.max(share, 0), 100));
      still();
    }
    swipe.addEventListener("input", still);
    stage.addEventListener("pointerdown", function (event) {
      stage.setPointerCapture(event.pointerId);
      drag(event);
    });
    stage.addEventListener("pointermove", function (event) {
      if (stage.hasPointerCapture(event.pointerId)) { drag(event); }
    });
    blink.addEventListener("click", function () {
      if (timer) { still(); return; }
      var later = true;
      blink.setAttribute("aria-pressed", "true");
      viewer.classList.add("blinking");
      place(0);
      timer = window.setInterval(function () {
        later = !later;
        place(later ? 0 : 100);
      }, BLINK_MS);
    });
    outlines.addEventListener("click", function () {
      var shown = outlines.getAttribute("aria-pressed") !== "true";
      outlines.setAttribute("aria-pressed", String(shown));
      viewer.classList.toggle("bare", !shown);
    });
    place(Number(swipe.value));
  });

  /* What is latest matters most, and a narrow window shows one end of a timeline. */
  document.querySelectorAll(".timeline").forEach(function (line) {
    line.parentElement.scrollLeft = line.parentElement.scrollWidth;
  });

  /* A link to a statement opens it. */
  function follow() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({ preventScroll: true });
    }
  }
  window.addEventListener("hashchange", follow);
  document.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest("a[href^='#']") : null;
    if (link && link.getAttribute("href") === location.hash) { follow(); }
  });
  follow();

  var tools = document.querySelector("[data-tools]");
  function all(open) {
    document.querySelectorAll("[data-statement]").forEach(function (one) { one.open = open; });
  }
  if (tools) {
    show(tools);
    tools.querySelector("[data-open-all]").addEventListener("click", function () { all(true); });
    tools.querySelector("[data-close-all]").addEventListener("click", function () { all(false); });
  }

  /* Paper has no folds. */
  var folded = [];
  window.addEventListener("beforeprint", function () {
    folded = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    folded.forEach(function (one) { one.open = true; });
  });
  window.addEventListener("afterprint", function () {
    folded.forEach(function (one) { one.open = false; });
  });
})();
