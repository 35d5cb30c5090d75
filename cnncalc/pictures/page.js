"use strict";
// The report's script: it shows the figures that the page holds, and computes none of its own.
// Everything that comes from a network enters the page as text, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const state = {
  network: 0, input: 0, convention: 0, units: "exact", layout: "chw", chosen: null, sort: null,
  find: "",
};
const $ = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const drawn = ["svg", "rect", "image", "title"].includes(tag);
  const made = drawn ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

// ---- how figures are written -------------------------------------------------------------------

function rounded(value) {
  for (const [size, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "K"]]) {
    const scaled = Number(value) / size;
    if (scaled >= 0.9995) {
      return scaled.toFixed(scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0) + " " + letter;
    }
  }
  return String(value);
}

function figure(value) {
  if (value === null) return "?";
  if (state.units === "auto") return rounded(value);
  return (typeof value === "string" ? BigInt(value) : value).toLocaleString("en-US");
}

// A total that is known in part is at least so large.
function sum(name, write = figure) {
  const total = network().totals;
  return (total.at_least.includes(name) ? "≥ " : "") + write(total[name]);
}

function bytes(count) {
  const size = Number(count);
  if (size >= 2 ** 20 / 100) {
    return (size / 2 ** 20).toLocaleString("en-US", {
      minimumFractionDigits: 2, maximumFractionDigits: 2,
    }) + " MiB";
  }
  return size >= 1024 ? (size / 1024).toFixed(2) + " KiB" : size + " bytes";
}

function shape(axes) {
  const hwc = state.layout === "hwc" && axes.length > 1;
  return (hwc ? [...axes.slice(1), axes[0]] : axes).join("×");
}

function seconds(value) {
  for (const [size, unit] of [[1, "s"], [1e-3, "ms"], [1e-6, "µs"]]) {
    if (value >= size) return (value / size).toPrecision(3) + " " + unit;
  }
  return (value / 1e-9).toPrecision(3) + " ns";
}

const network = () => data.networks[state.network][state.input];
const convention = () => data.conventions[state.convention];
const node = (index) => network().nodes[index];
const shownNodes = () =>
  network().nodes.map((_, index) => index).filter((index) => !network().inputs.includes(index));

// ---- the table ---------------------------------------------------------------------------------

function columns() {
  const usual = [
    ["name", (n) => n.name, null],
    ["layer", (n) => n.layer, null],
    ["output", (n) => shape(n.output), null],
    ["params", (n) => figure(n.params), (n) => Number(n.params)],
    ["MACs", (n) => figure(n.macs), (n) => Number(n.macs)],
    [convention().name === "default" ? "FLOPs" : convention().name + " " + convention().unit,
      (n) => figure(n.flops[state.convention]), (n) => Number(n.flops[state.convention])],
    ["field", (n) => n.field, (n) => (n.whole ? Infinity : parseInt(n.field, 10) || 0)],
    ["output bytes", (n) => figure(n.bytes), (n) => Number(n.bytes)],
  ];
  if (network().nodes.some((n) => n.time !== null)) {
    usual.push(["least time", (n) => seconds(n.time), (n) => n.time]);
  }
  return usual;
}

function nameButton(name) {
  const cut = name.lastIndexOf("/") + 1;
  const scope = cut ? element("span", { class: "soft" }, name.slice(0, cut)) : null;
  return element("button", { type: "button" }, scope, name.slice(cut));
}

function rowOrder() {
  const wanted = state.find.toLowerCase();
  const order = shownNodes().filter(
    (i) => (node(i).name + " " + node(i).layer).toLowerCase().includes(wanted));
  const by = state.sort === null ? null : columns()[state.sort][2];
  return by ? order.sort((a, b) => by(node(b)) - by(node(a)) || a - b) : order;
}

function showTable() {
  const shown = columns();
  const heads = shown.map(([title, , by], at) => element("th", {
    scope: "col", class: at < 2 ? "words" : null,
    "aria-sort": state.sort === at ? "descending" : null,
  }, by === null ? title : element("button", {
    type: "button", title: "largest first; again: in order",
    onclick: () => { state.sort = state.sort === at ? null : at; showTable(); },
  }, title + (state.sort === at ? " ▾" : ""))));
  const rows = rowOrder().map((index) => element("tr", {
    "data-row": index,
    class: (node(index).aux ? "aux " : "") + (index === state.chosen ? "chosen" : ""),
    onclick: () => choose(index),
  }, ...shown.map(([, text], at) => at === 0
    ? element("td", {}, nameButton(text(node(index))))
    : element("td", { class: at === 1 ? "words" : null }, text(node(index))))));
  const total = network().totals;
  const sums = ["total of the main path", "", "", sum("params"), sum("macs"),
    figure(total.flops[state.convention]), "", ""];
  $("table").tHead.replaceChildren(element("tr", {}, ...heads));
  $("table").tBodies[0].replaceChildren(...rows);
  $("table").tFoot.replaceChildren(element("tr", {}, ...sums.map((sum) => element("td", {}, sum))));
}

function showTotals() {
  const total = network().totals;
  const facts = [
    ["params", sum("params")],
    ["buffers", sum("buffers")],
    ["MACs", sum("macs")],
    [convention().unit + " by " + convention().name, figure(total.flops[state.convention])],
    ["depth", String(total.depth)],
    ["weights", sum("weights", bytes)],
    ["inference peak", bytes(total.peak) + " at " + total.peak_node],
    ["training about", sum("training", bytes)],
  ];
  $("totals").replaceChildren(...facts.map(([term, said]) =>
    element("div", {}, element("dt", {}, term), element("dd", {}, said))));
}

// ---- the picture -------------------------------------------------------------------------------

let boxOf = new Map();

function showPicture() {
  const held = $(`picture-${state.network}-${state.input}`);
  const drawn = held.firstElementChild || $("drawing").firstElementChild;
  for (const old of [...$("drawing").children]) $(old.dataset.home).append(old);
  drawn.dataset.home = held.id;
  $("drawing").append(drawn);
  boxOf = new Map();
  for (const box of drawn.querySelectorAll(".box")) {
    const stripes = [...box.querySelectorAll("[data-node]")];
    const members = box.dataset.nodes.split(" ").map(Number);
    members.forEach((member, at) => boxOf.set(member, [box, stripes[at % stripes.length]]));
    box.setAttribute("role", "button");
    box.setAttribute("tabindex", "-1");
    box.setAttribute("aria-label", box.querySelector("title").textContent);
  }
  const first = drawn.querySelector(".box");
  if (first) first.setAttribute("tabindex", "0");
}

$("drawing").addEventListener("click", (event) => {
  // The texts lie over the boxes, so that they can be selected.
  const below = document.elementsFromPoint(event.clientX, event.clientY);
  const stripe = below.find((one) => one.dataset && one.dataset.node);
  if (stripe) choose(Number(stripe.dataset.node));
});

// ---- choosing a layer --------------------------------------------------------------------------

function choose(index, focus = null) {
  state.chosen = index;
  for (const old of document.querySelectorAll(".chosen")) old.classList.remove("chosen");
  const row = document.querySelector(`#table [data-row="${index}"]`);
  if (row) {
    row.classList.add("chosen");
    row.scrollIntoView({ block: "nearest" });
    if (focus === "table") row.querySelector("button").focus();
  }
  const [box, stripe] = boxOf.get(index) || [];
  if (box) {
    for (const other of document.querySelectorAll("#drawing .box")) {
      other.setAttribute("tabindex", "-1");
    }
    box.setAttribute("tabindex", "0");
    box.classList.add("chosen");
    stripe.classList.add("chosen");
    box.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (focus === "picture") box.focus();
  }
  for (const bar of document.querySelectorAll(`[data-bar="${index}"]`)) bar.classList.add("chosen");
  showDetail();
  remember();
}

document.addEventListener("keydown", (event) => {
  const inTable = event.target.closest("#table tbody");
  const inPicture = event.target.closest("#drawing");
  if (!inTable && !inPicture) return;
  const order = inTable ? rowOrder() : network().nodes.map((_, index) => index);
  const at = order.indexOf(state.chosen);
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (move !== undefined) {
    const next = order[Math.min(order.length - 1, Math.max(0, at + move))];
    choose(next, inTable ? "table" : "picture");
    event.preventDefault();
  } else if (inPicture && (event.key === "Enter" || event.key === " ")) {
    const stripe = event.target.querySelector("[data-node]");
    if (stripe) choose(Number(stripe.dataset.node), "picture");
    event.preventDefault();
  }
});

function showDetail() {
  if (state.chosen === null) return;
  const chosen = node(state.chosen);
  const reads = chosen.from.map((at) => `${node(at).name} ${shape(node(at).output)}`).join(", ");
  const weights = chosen.weights.map(([name, axes, trainable]) =>
    `${name} ${axes.join("×")}${trainable ? "" : " (not trained)"}`);
  const parts = [
    element("h2", {}, chosen.name),
    element("p", {}, chosen.layer + (chosen.aux ? ", in an auxiliary head" : "")),
    element("p", { class: "soft" }, (reads ? `reads ${reads}; ` : "") + `gives ${shape(chosen.output)}`),
    weights.length ? element("p", {}, "weights: " + weights.join(", ")
      + (chosen.shares ? `, shared with ${chosen.shares}` : "")) : null,
    ...fieldViews(chosen),
  ];
  if (chosen.lesson !== null) {
    const [call, sections] = network().lessons[chosen.lesson];
    parts.push(element("h3", {}, "working"), element("pre", {}, call));
    for (const [title, result, lines] of sections) {
      parts.push(element("h3", {}, `${title}: ${result}`), element("pre", {}, lines.join("\n")));
    }
    parts.push(element("h3", {}, "by every convention"));
    parts.push(element("table", {}, element("tbody", {}, ...data.conventions.map((one, at) =>
      element("tr", { title: one.rule }, element("td", {}, one.name),
        element("td", {}, figure(chosen.flops[at]) + " " + one.unit))))));
  }
  $("detail").replaceChildren(...parts.filter((part) => part !== null));
}

// ---- receptive fields --------------------------------------------------------------------------

function fieldViews(chosen) {
  const pixels = network().pixels;
  const heading = element("h3", {}, "receptive field: " + (chosen.field || "none"));
  if (chosen.hull === null || pixels.length > 2 || pixels.length < 1) {
    const why = chosen.whole ? "Every unit sees the whole input." : null;
    return why ? [heading, element("p", {}, why)] : [];
  }
  const tables = chosen.hull.map((at) => network().tables[at]);
  const [yTable, xTable] = tables.length === 2 ? tables : [[0, 1], tables[0]];
  const [height, width] = pixels.length === 2 ? pixels : [1, pixels[0]];
  const rows = yTable.length / 2, cols = xTable.length / 2;
  const axes = chosen.axes || [];
  const air = Math.min(Math.max(width, height) / 2, Math.max(1, ...axes.map((a) => -(a[2] || 0))));
  const unit = element("rect", { class: "unit", width: 1, height: 1 });
  const reads = element("rect", { class: "reads" }), spans = element("rect", { class: "spans" });
  const map = element("svg", {
    viewBox: `0 0 ${cols} ${rows}`, tabindex: 0, role: "img",
    "aria-label": "the layer's map: move over it, or use the sliders",
  }, element("rect", { class: "pixels", width: cols, height: rows }), unit);
  const input = element("svg", {
    viewBox: `${-air} ${-air} ${width + 2 * air} ${height + 2 * air}`, role: "img",
    "aria-label": "the input with what the unit reads",
  }, element("rect", { class: "pixels", width, height }),
  data.image === null ? null : element("image", {
    href: data.image, width, height, preserveAspectRatio: "none",
  }), spans, reads);
  const said = element("p", { id: "reads", "aria-live": "polite" });
  const sliders = [["row", rows], ["column", cols]].map(([, count]) =>
    element("input", { type: "range", min: 0, max: count - 1, step: 1 }));

  function place(rectangle, x0, x1, y0, y1) {
    for (const [name, value] of [["x", x0], ["width", x1 - x0], ["y", y0], ["height", y1 - y0]]) {
      rectangle.setAttribute(name, value);
    }
  }
  function show(y, x) {
    place(unit, x, x + 1, y, y + 1);
    [sliders[0].value, sliders[1].value] = [y, x];
    const [y0, y1, x0, x1] = [yTable[2 * y], yTable[2 * y + 1], xTable[2 * x], xTable[2 * x + 1]];
    const none = y0 < 0 || x0 < 0;
    place(reads, x0, none ? x0 : x1, y0, none ? y0 : y1);
    const regular = axes.length === pixels.length && axes.every((a) => a.every((v) => v !== null));
    spans.toggleAttribute("hidden", !regular);
    if (regular) {
      const along = (axis, at) => [axis[2] + at * axis[1], axis[2] + at * axis[1] + axis[0]];
      const across = along(axes[axes.length - 1], x);
      const down = axes.length === 2 ? along(axes[0], y) : [0, 1];
      place(spans, ...across, ...down);
    }
    const where = rows > 1 || pixels.length === 2 ? `unit (${y}, ${x})` : `unit ${x}`;
    said.textContent = none ? `${where} reads no pixel` : pixels.length === 2
      ? `${where} reads rows ${y0} to ${y1 - 1}, columns ${x0} to ${x1 - 1}:`
        + ` ${y1 - y0}×${x1 - x0} pixels`
      : `${where} reads pixels ${x0} to ${x1 - 1}`;
  }
  map.addEventListener("pointermove", (event) => {
    const frame = map.getBoundingClientRect();
    const at = (part, count) => Math.min(count - 1, Math.max(0, Math.floor(part * count)));
    show(at((event.clientY - frame.top) / frame.height, rows),
      at((event.clientX - frame.left) / frame.width, cols));
  });
  for (const slider of sliders) {
    slider.addEventListener("input", () => show(Number(sliders[0].value), Number(sliders[1].value)));
  }
  show(Math.floor(rows / 2), Math.floor(cols / 2));
  return [heading, element("div", { class: "views" },
    element("figure", {}, map, element("figcaption", {}, `the map, ${rows}×${cols} units`)),
    element("figure", {}, input, element("figcaption", {},
      `the input, ${height}×${width} pixels; dashed: with padding`))),
  element("label", {}, "row ", sliders[0]), " ", element("label", {}, "column ", sliders[1]), said];
}

// ---- charts ------------------------------------------------------------------------------------

function memoryChart() {
  const nodes = network().nodes, peak = network().totals.peak;
  const bars = nodes.map((one, index) => element("rect", {
    x: index + 0.05, width: 0.9, y: 100 - 100 * one.alive / peak, height: 100 * one.alive / peak,
    "data-bar": index, class: one.name === network().totals.peak_node ? "peak" : null,
    onclick: () => choose(index),
  }, element("title", {}, `${one.name}: ${bytes(one.alive)}`)));
  return element("div", { class: "chart" },
    element("h2", {}, "memory over the run"),
    element("svg", {
      viewBox: `0 0 ${nodes.length} 100`, preserveAspectRatio: "none", height: 160, role: "img",
      "aria-label": "activations alive while each layer runs",
    }, ...bars),
    element("p", {}, `peak ${bytes(peak)} at ${network().totals.peak_node}; with weights `
      + bytes(Number(peak) + Number(network().totals.weights)) + ". Each bar: the activations"
      + " that are alive while a layer runs, in order."));
}

function barList(title, entries, write) {
  const largest = Math.max(...entries.map((entry) => entry.value), 1e-300);
  const cells = entries.flatMap(({ name, value, first, least }) => {
    const bar = element("div", { class: "bar" });
    bar.style.width = `${100 * value / largest}%`;
    return [element("button", { class: "name", type: "button", title: name,
      onclick: () => choose(first) }, name), bar,
    element("div", { class: "value" }, (least ? "≥ " : "") + write(value))];
  });
  return element("div", { class: "chart" }, element("h2", {}, title),
    element("div", { class: "bars" }, ...cells));
}

function byStage(key) {
  return network().stages.map(({ name, nodes }) => {
    const known = nodes.map((at) => node(at)[key]).filter((value) => value !== null);
    return {
      name, first: nodes[0], value: known.reduce((sum, value) => sum + Number(value), 0),
      least: known.length < nodes.length,
    };
  });
}

function showCharts() {
  const charts = [memoryChart(), barList("MACs by stage", byStage("macs"), figure),
    barList("parameters by stage", byStage("params"), figure)];
  if (network().nodes.some((one) => one.time !== null)) {
    const timed = shownNodes().filter((at) => node(at).time !== null);
    const times = timed.map((at) => ({ name: node(at).name, first: at, value: node(at).time }));
    const total = times.reduce((sum, one) => sum + one.value, 0);
    times.sort((a, b) => b.value - a.value);
    charts.push(barList(`ideal time at the stated peak: ${seconds(total)} in all, the slowest layers`,
      times.slice(0, 15), seconds));
  }
  $("charts").replaceChildren(...charts);
}

// ---- warnings and comparison -------------------------------------------------------------------

function showWarnings() {
  const found = network().warnings;
  $("warnings").replaceChildren(...(found.length ? [element("h2", {}, "warnings"),
    element("ul", {}, ...found.map((one) => element("li", {},
      one.node === null ? null : element("button", { type: "button",
        onclick: () => choose(network().nodes.findIndex((n) => n.name === one.node)) }, one.node),
      ` ${one.message}`, one.help ? element("div", { class: "help" }, one.help) : null)))] : []));
}

function showDiff() {
  if (data.networks.length < 2) return;
  const other = Math.max(1, state.network);
  const [old, fresh] = [data.networks[0][0], data.networks[other][0]];
  const change = (value) => value === null ? "?" : (value > 0 ? "+" : value < 0 ? "−" : "") + (value ? figure(Math.abs(value)) : "");
  const side = (one, at) => (at === null ? ["", "", ""]
    : [one.nodes[at].name, one.nodes[at].layer, shape(one.nodes[at].output)]);
  const heads = [old.name, "", "", fresh.name, "", "", "changes", "params", "MACs"];
  const rows = data.diffs[other - 1].map(([kind, a, b, changes, params, macs]) => element("tr", {
    class: kind,
    onclick: () => {
      if (state.network === 0 && a !== null) choose(a);
      if (state.network === other && b !== null) choose(b);
    },
  }, ...[...side(old, a), ...side(fresh, b), changes.join(", "), change(params), change(macs)]
    .map((text, at) => element("td", { class: at < 7 ? "words" : null }, text))));
  $("diff").replaceChildren(
    element("h2", {}, `${old.name} beside ${fresh.name}`),
    element("p", { class: "soft" }, `params ${figure(old.totals.params)} → `
      + `${figure(fresh.totals.params)}, MACs ${figure(old.totals.macs)} → `
      + `${figure(fresh.totals.macs)}; green: only in the second, red: only in the first, yellow:`
      + " changed"),
    element("div", { tabindex: 0 }, element("table", {},
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", {}, head)))),
      element("tbody", {}, ...rows))));
}

// ---- controls and deep links -------------------------------------------------------------------

function options(select, names, chosen) {
  select.replaceChildren(...names.map((name, at) => element("option", { value: at }, name)));
  select.value = chosen;
}

function show() {
  const one = network();
  document.title = one.name;
  $("title").textContent = one.name;
  $("subtitle").textContent = `input ${one.input}, batch ${one.batch}, ${one.dtype}`
    + (one.source ? `; ${one.source}` : "");
  $("rule").textContent = `${convention().unit} by ${convention().name}: ${convention().rule}`;
  options($("network"), data.networks.map(([first]) => first.name), state.network);
  options($("input"), data.networks[state.network].map((each) => each.input), state.input);
  options($("convention"), data.conventions.map((each) => each.name), state.convention);
  $("network-label").hidden = data.networks.length < 2;
  $("input-label").hidden = data.networks[state.network].length < 2;
  showTotals(); showPicture(); showTable(); showCharts(); showWarnings(); showDiff();
  if (state.chosen !== null && state.chosen < one.nodes.length) choose(state.chosen);
}

function remember() {
  const parts = new URLSearchParams();
  if (state.chosen !== null) parts.set("layer", node(state.chosen).name);
  if (state.network) parts.set("network", data.networks[state.network][0].name);
  if (state.input) parts.set("input", network().input);
  if (state.convention) parts.set("convention", convention().name);
  history.replaceState(null, "", "#" + parts);
}

function follow() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const place = (list, name) => Math.max(0, list.indexOf(name));
  state.network = place(data.networks.map(([first]) => first.name), parts.get("network"));
  state.input = place(data.networks[state.network].map((one) => one.input), parts.get("input"));
  state.convention = place(data.conventions.map((one) => one.name), parts.get("convention"));
  const layer = parts.get("layer");
  const names = network().nodes.map((one) => one.name);
  let at = names.indexOf(layer);
  if (at < 0 && layer) at = names.findLastIndex((name) => name.startsWith(layer + "/"));
  state.chosen = at < 0 ? null : at;
  show();
}

for (const [id, keep] of [["network", false], ["input", true], ["convention", true]]) {
  $(id).addEventListener("change", (event) => {
    state[id] = Number(event.target.value);
    if (id === "network") state.input = 0;
    if (!keep) {
      state.chosen = null;
      $("detail").replaceChildren();
    }
    show();
    remember();
  });
}
for (const id of ["units", "layout"]) {
  $(id).addEventListener("change", (event) => { state[id] = event.target.value; show(); });
}
$("find").addEventListener("input", (event) => { state.find = event.target.value; showTable(); });
$("controls").addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", follow);
follow();
