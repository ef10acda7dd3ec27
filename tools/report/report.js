// The page of `octavo compare --report`. It shows the document that --json writes (docs/compare.md).
// Names of layers and tensors come from a file that may be hostile: they reach the page as text
// nodes only.
"use strict";
(() => {
  const report = JSON.parse(document.getElementById("data").textContent);
  if (report === null) return;

  const $ = (id) => document.getElementById(id);
  const state = { configuration: 0, output: 0, logarithmic: true };

  // --- Elements ---------------------------------------------------------------------------------

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value !== undefined && value !== null) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  }
  const html = (tag, attributes = {}, ...children) =>
    fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  // --- Numbers as text --------------------------------------------------------------------------

  const none = "–";
  function digits(value, count = 3) {
    if (value === null) return none;
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size >= 1e5 || size < 1e-4) return value.toExponential(count - 1);
    return size >= 10 ** count ? value.toFixed(0) : value.toPrecision(count);
  }
  const fixed = (value, places) => (value === null ? none : value.toFixed(places));
  const whole = (value) => value.toLocaleString("en-US");
  const percent = (share, places = 2) =>
    share === null ? none : `${(100 * share).toFixed(places)} %`;
  const smallPercent = (share) =>
    share === null ? none : share === 0 ? "0" : `${digits(100 * share, 2)} %`;
  const shape = (extents) => `[${extents.join(", ")}]`;
  // An SQNR is null without errors too.
  const decibels = (error) =>
    error.sqnr_db !== null ? error.sqnr_db.toFixed(1) : error.max_error === 0 ? "exact" : none;
  const sortableDecibels = (error) =>
    error.sqnr_db !== null ? error.sqnr_db : error.max_error === 0 ? Infinity : null;

  const configurations = report.configurations;
  const nameOf = (c) => `${configurations[c].estimator}, ${configurations[c].scheme}`;
  const shortNameOf = (c) =>
    `${configurations[c].estimator} ${configurations[c].scheme === "symmetric" ? "sym" : "asym"}`;
  const clippedShare = (layer, c) => {
    const quantized = layer.int8[c].activation;
    return quantized && layer.activation.values > 0
      ? quantized.clipped / layer.activation.values : null;
  };

  // --- Tables -----------------------------------------------------------------------------------

  // A table that its headings sort. `columns`: title, unit, value (what is sorted by, null last),
  // cell (text or a node), text (whether it is aligned as text).
  class SortableTable {
    constructor(caption, columns, rows, isChosen) {
      this.columns = columns;
      this.rows = rows;
      this.isChosen = isChosen;
      this.sorted = null;
      this.ascending = true;
      this.headings = columns.map((column, i) => html("th",
        { scope: "col", class: column.text ? "text" : null },
        html("button", { type: "button", click: () => this.sortBy(i) }, column.title),
        column.unit ? html("small", {}, column.unit) : null));
      this.body = html("tbody");
      this.table = html("table", {}, html("caption", {}, caption),
        html("thead", {}, html("tr", {}, ...this.headings)), this.body);
      this.update();
    }

    sortBy(i) {
      // Numbers first from the largest, text from A; then the other way round, then as it was.
      const first = Boolean(this.columns[i].text);
      if (this.sorted !== i) [this.sorted, this.ascending] = [i, first];
      else if (this.ascending === first) this.ascending = !first;
      else this.sorted = null;
      this.update();
    }

    update() {
      const rows = [...this.rows];
      if (this.sorted !== null) {
        const value = this.columns[this.sorted].value;
        const sign = this.ascending ? 1 : -1;
        rows.sort((a, b) => {
          const [x, y] = [value(a), value(b)];
          if (x === null || y === null) return (x === null) - (y === null);
          return sign * (typeof x === "string" ? x.localeCompare(y) : x < y ? -1 : x > y ? 1 : 0);
        });
      }
      this.headings.forEach((heading, i) => heading.setAttribute("aria-sort",
        i !== this.sorted ? "none" : this.ascending ? "ascending" : "descending"));
      this.body.replaceChildren(...rows.map((row) => html("tr",
        { class: this.isChosen(row) ? "chosen" : null },
        ...this.columns.map((column) => {
          const cell = column.cell(row);
          const classes = [column.text ? "text" : "", column.name ? "name" : ""].join(" ").trim();
          return html("td", { class: classes || null,
            title: column.name ? column.value(row) : null }, cell);
        }))));
    }
  }

  const numeric = (title, unit, value, text) =>
    ({ title, unit, value, cell: (row) => text(value(row)) });

  function outputTable(output) {
    const clippedInAll = (c) => {
      let [clipped, values] = [0, 0];
      for (const layer of report.layers.filter((l) => l.activation)) {
        clipped += layer.int8[c].activation.clipped;
        values += layer.activation.values;
      }
      return values > 0 ? clipped / values : null;
    };
    const rows = [{ c: null, accuracy: output.float32, us: report.float32_us, clipped: null },
      ...output.int8.map((accuracy, c) =>
        ({ c, accuracy, us: configurations[c].us, clipped: clippedInAll(c) }))];
    const estimator = (row) => (row.c === null ? "float32" : configurations[row.c].estimator);
    const columns = [
      { title: "Estimator", text: true, value: estimator,
        cell: (row) => (row.c === null ? "float32"
          : html("button", { type: "button", click: () => choose(row.c) }, estimator(row))) },
      { title: "Scheme", text: true,
        value: (row) => (row.c === null ? "" : configurations[row.c].scheme),
        cell: (row) => (row.c === null ? "" : configurations[row.c].scheme) },
      { title: "SQNR", unit: "dB", value: (row) => sortableDecibels(row.accuracy),
        cell: (row) => decibels(row.accuracy) },
      numeric("Cosine", "", (row) => row.accuracy.cosine, (v) => fixed(v, 6)),
      numeric("Largest error", "", (row) => row.accuracy.max_error, digits),
      numeric("Clipped", "of inputs", (row) => row.clipped, smallPercent),
      numeric("Same top-1", "of rows", (row) => row.accuracy.same_top1, percent),
    ];
    if (output.float32.label_top1 !== null) {
      columns.push(numeric("Top-1", "labels", (row) => row.accuracy.label_top1, percent));
    }
    if (output.float32.reference !== null) {
      columns.push(
        numeric("Top-1", "reference", (row) => row.accuracy.reference.top1, percent),
        numeric("Mean cosine", "reference", (row) => row.accuracy.reference.mean_cosine,
          (v) => fixed(v, 6)));
    }
    columns.push(numeric("Time", "µs", (row) => row.us, digits),
      numeric("Speedup", "over float32", (row) => (row.us > 0 ? report.float32_us / row.us : null),
        digits));
    return new SortableTable(`${output.name} ${output.type} ${shape(output.shape)}`, columns, rows,
      (row) => row.c === state.configuration);
  }

  function layerTable() {
    const accuracy = (row) => row.layer.int8[state.configuration];
    const activation = (row, key) => (accuracy(row).activation ? accuracy(row).activation[key] : null);
    const columns = [
      numeric("#", "", (row) => row.index + 1, String),
      { title: "Layer", text: true, name: true, value: (row) => row.layer.name,
        cell: (row) => (row.layer.activation
          ? html("a", { href: `#layer-${row.index + 1}` }, row.layer.name) : row.layer.name) },
      { title: "Operator", text: true, value: (row) => row.layer.op, cell: (row) => row.layer.op },
      { title: "Runs in", text: true, value: (row) => row.layer.precision,
        cell: (row) => row.layer.precision },
      { title: "SQNR", unit: "dB", value: (row) => sortableDecibels(accuracy(row)),
        cell: (row) => decibels(accuracy(row)) },
      numeric("Cosine", "", (row) => accuracy(row).cosine, (v) => fixed(v, 6)),
      numeric("Largest error", "", (row) => accuracy(row).max_error, digits),
      numeric("Clipped", "of input", (row) => clippedShare(row.layer, state.configuration),
        smallPercent),
      numeric("Input SQNR", "dB", (row) => activation(row, "sqnr_db"), (v) => fixed(v, 1)),
      numeric("KL", "nats", (row) => activation(row, "kl_nats"), digits),
      numeric("Levels", "of 256", (row) => activation(row, "levels"), (v) => fixed(v, 0)),
      numeric("float32", "µs", (row) => row.layer.float32_us, digits),
      numeric("int8", "µs", (row) => accuracy(row).us, digits),
    ];
    return new SortableTable(nameOf(state.configuration), columns,
      report.layers.map((layer, index) => ({ layer, index })), () => false);
  }

  // --- Charts -----------------------------------------------------------------------------------

  // About `count` round numbers in [low, high].
  function ticks(low, high, count) {
    const extent = high - low;
    if (!(extent > 0)) return [low];
    const rough = extent / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough);
    const list = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) {
      list.push(i * step);
    }
    return list;
  }
  // Numbers of one axis, with as many decimals as its steps need.
  function tickText(value, list) {
    const step = list.length > 1 ? Math.abs(list[1] - list[0]) : Math.abs(value);
    const size = Math.max(...list.map(Math.abs));
    if (size >= 1e5 || (size > 0 && size < 1e-3)) return value === 0 ? "0" : value.toExponential(1);
    return value.toFixed(Math.max(0, -Math.floor(Math.log10(step || 1) + 1e-9)));
  }
  const scale = (low, high, from, to) => {
    const extent = high - low || 1;
    return (value) => from + ((value - low) / extent) * (to - from);
  };
  const path = (points) => points.map(([x, y], i) =>
    `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  // The runs of points between nulls, each a path of its own.
  function brokenPath(points) {
    const parts = [[]];
    for (const point of points) {
      if (point === null) parts.push([]);
      else parts[parts.length - 1].push(point);
    }
    return parts.filter((part) => part.length > 0).map(path).join("");
  }
  // Sums of `size` neighbours.
  function merge(counts, size) {
    const sums = new Array(Math.ceil(counts.length / size)).fill(0);
    counts.forEach((count, i) => { sums[Math.floor(i / size)] += count; });
    return sums;
  }
  const shorten = (text, length) =>
    text.length <= length ? text : `${text.slice(0, length - 1)}…`;

  class ErrorChart {
    // What is better is drawn at the top: an input that was 8 bits wide before, such as an image,
    // is hardly changed and would squeeze the rest.
    static most = 80;

    constructor(container, readout) {
      this.container = container;
      this.readout = readout;
      this.index = null;
      container.addEventListener("keydown", (event) => this.key(event));
      container.addEventListener("pointermove", (event) => this.point(event));
      container.addEventListener("click", () => this.go());
    }

    draw() {
      const width = Math.max(this.container.clientWidth, 280);
      const height = 300;
      const edge = { left: 52, right: 12, top: 10, bottom: 42 };
      const layers = report.layers;
      const values = [];
      for (const layer of layers) {
        for (const accuracy of layer.int8) {
          values.push(accuracy.sqnr_db);
          if (accuracy.activation) values.push(accuracy.activation.sqnr_db);
        }
      }
      const finite = values.filter((v) => v !== null);
      const low = Math.min(0, ...finite);
      const high = Math.min(Math.max(10, ...finite), ErrorChart.most);
      this.x = scale(0, Math.max(layers.length - 1, 1), edge.left + 6, width - edge.right - 6);
      const position = scale(low, high, height - edge.bottom, edge.top);
      const y = (db) => position(Math.min(db, high));
      const line = (c) => brokenPath(layers.map((layer, i) =>
        layer.int8[c].sqnr_db === null ? null : [this.x(i), y(layer.int8[c].sqnr_db)]));
      const chosen = state.configuration;
      const bottom = height - edge.bottom;
      const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
        "aria-label": `SQNR in decibels by layer, ${nameOf(chosen)}; the table below has the numbers` });
      const steps = ticks(low, high, 6);
      for (const tick of steps) {
        drawing.append(
          svg("line", { class: "grid", x1: edge.left, x2: width - edge.right, y1: y(tick), y2: y(tick) }),
          svg("text", { class: "quiet", x: edge.left - 8, y: y(tick) + 4, "text-anchor": "end" },
            tickText(tick, steps)));
      }
      for (const tick of ticks(1, Math.max(layers.length, 2), Math.min(12, width / 60))) {
        if (tick !== Math.round(tick) || tick > layers.length) continue;
        drawing.append(svg("text", { class: "quiet", x: this.x(tick - 1), y: bottom + 17,
          "text-anchor": "middle" }, String(tick)));
      }
      drawing.append(
        svg("text", { x: (edge.left + width - edge.right) / 2, y: height - 6,
          "text-anchor": "middle" }, "layer, in the order of execution"),
        svg("text", { transform: `translate(13 ${(edge.top + bottom) / 2}) rotate(-90)`,
          "text-anchor": "middle" }, "SQNR (dB)"));
      configurations.forEach((_, c) => {
        if (c !== chosen) drawing.append(svg("path", { class: "other", d: line(c) }));
      });
      drawing.append(svg("path", { class: "line", d: line(chosen) }));
      layers.forEach((layer, i) => {
        const quantized = layer.int8[chosen].activation;
        if (!quantized || quantized.sqnr_db === null) return;
        drawing.append(svg("circle",
          { class: "dot", cx: this.x(i), cy: y(quantized.sqnr_db), r: 4 }));
      });
      this.cursor = svg("line", { class: "cursor", y1: edge.top, y2: bottom, visibility: "hidden" });
      drawing.append(this.cursor);
      this.container.replaceChildren(drawing);
      this.show();
    }

    show() {
      if (this.index === null) {
        const key = (name) => html("span", { class: `key ${name}`, "aria-hidden": "true" });
        this.readout.replaceChildren(html("span", { class: "legend" },
          key("line"), "error of the output, all layers together",
          html("span", { class: "dot-key" }, "\u2003●\u00a0"), "its input alone"));
        return;
      }
      const layer = report.layers[this.index];
      const accuracy = layer.int8[state.configuration];
      this.cursor.setAttribute("x1", this.x(this.index));
      this.cursor.setAttribute("x2", this.x(this.index));
      this.cursor.setAttribute("visibility", "visible");
      const input = accuracy.activation
        ? `; input alone ${fixed(accuracy.activation.sqnr_db, 1)} dB` : "";
      this.readout.textContent =
        `${this.index + 1} ${layer.name} (${layer.op}, ${layer.precision}): ` +
        `${decibels(accuracy)} dB${input}`;
    }

    move(index) {
      this.index = Math.min(Math.max(index, 0), report.layers.length - 1);
      this.show();
    }

    point(event) {
      const position = event.clientX - this.container.getBoundingClientRect().left;
      const [first, last] = [this.x(0), this.x(Math.max(report.layers.length - 1, 1))];
      this.move(Math.round((position - first) / (last - first) *
        Math.max(report.layers.length - 1, 1)));
    }

    key(event) {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) this.move(this.index === null ? 0 : this.index + step);
      else if (event.key === "Enter") this.go();
      else return;
      event.preventDefault();
    }

    go() {
      if (this.index !== null && report.layers[this.index].activation) {
        location.hash = `#layer-${this.index + 1}`;
      }
    }
  }

  // The histogram of one quantized tensor above the ranges of all configurations.
  class TensorFigure {
    constructor(layer, index) {
      this.layer = layer;
      this.hatch = `hatch-${index + 1}`;
      this.facts = html("p", { class: "facts" });
      this.container = html("div", { class: "figure" });
      this.container.style.minHeight = `${this.height()}px`;
      this.article = html("article", { id: `layer-${index + 1}` },
        html("h3", {}, `${index + 1} ${layer.name} `,
          html("small", {}, `input of ${layer.op}, output ${shape(layer.shape)}, ${layer.kernel}`)),
        this.facts, this.container);
      this.stale = true;
    }

    static plot = 190;
    static axis = 42;
    static row = 17;
    height() {
      return TensorFigure.plot + TensorFigure.axis + TensorFigure.row * (configurations.length + 1);
    }

    draw() {
      if (!this.stale) return;
      this.stale = false;
      const original = this.layer.activation;
      const width = Math.max(this.container.clientWidth, 280);
      const narrow = width < 620;
      const edge = { left: narrow ? 146 : 160, right: narrow ? 64 : 150, top: 8 };
      const bottom = TensorFigure.plot;
      const quantized = this.layer.int8.map((accuracy) => accuracy.activation);
      const chosen = quantized[state.configuration];
      this.describe(original, chosen);

      const low = Math.min(original.low, ...quantized.map((q) => q.low), chosen.widest_low);
      const high = Math.max(original.high, ...quantized.map((q) => q.high), chosen.widest_high);
      const x = scale(low, high, edge.left, width - edge.right);
      const clamped = (value) => Math.min(Math.max(x(value), edge.left), width - edge.right);
      // Bins that would be narrower than a line are drawn together.
      const room = x(original.high) - x(original.low);
      const size = Math.max(1, Math.ceil((2.5 * original.counts.length) / Math.max(room, 1)));
      const before = merge(original.counts, size);
      const after = merge(chosen.counts, size);
      const y = this.shareScale(original.values, [...before, ...after], bottom, edge.top);
      const drawing = svg("svg", { width, height: this.height(), role: "img",
        viewBox: `0 0 ${width} ${this.height()}`,
        "aria-label": `Distribution of the input of ${this.layer.name} in float32 and after int8, ` +
          `${nameOf(state.configuration)}: KL ${digits(chosen.kl_nats)} nats` },
        svg("defs", {}, svg("pattern", { id: this.hatch, width: 6, height: 6,
          patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
          svg("line", { class: "hatch", y2: 6, "stroke-width": 2 }))));

      for (const tick of y.ticks) {
        drawing.append(
          svg("line", { class: "grid", x1: edge.left, x2: width - edge.right, y1: y.at(tick), y2: y.at(tick) }),
          svg("text", { class: "quiet", x: edge.left - 8, y: y.at(tick) + 4, "text-anchor": "end" },
            `${digits(100 * tick, 1)} %`));
      }
      drawing.append(svg("text", { transform: `translate(60 ${bottom / 2}) rotate(-90)`,
        "text-anchor": "middle" }, "values per bin"));
      const tickList = ticks(low, high, narrow ? 4 : 8);
      for (const tick of tickList) {
        drawing.append(
          svg("line", { class: "axis", x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 5 }),
          svg("text", { class: "quiet", x: x(tick), y: bottom + 18, "text-anchor": "middle" },
            tickText(tick, tickList)));
      }
      drawing.append(svg("text", { x: (edge.left + width - edge.right) / 2, y: bottom + 34,
        "text-anchor": "middle" }, "value of the activation"));

      const edges = original.counts.map((_, i) => i).filter((i) => i % size === 0)
        .concat(original.counts.length)
        .map(scale(0, original.counts.length, x(original.low), x(original.high)));
      const outline = (counts) => this.outline(counts, edges, y, bottom);
      for (const [from, to] of [[low, chosen.widest_low], [chosen.widest_high, high]]) {
        if (x(to) - x(from) >= 1) {
          drawing.append(svg("rect", { fill: `url(#${this.hatch})`, x: x(from), y: edge.top,
            width: x(to) - x(from), height: bottom - edge.top }));
        }
      }
      drawing.append(svg("path", { class: "original", d: outline(before) }),
        svg("path", { class: "quantized", d: outline(after) }));
      for (const end of [chosen.widest_low, chosen.widest_high]) {
        drawing.append(svg("line", { class: "end", x1: x(end), x2: x(end), y1: edge.top, y2: bottom }));
      }
      drawing.append(svg("line", { class: "axis", x1: edge.left, x2: width - edge.right, y1: bottom, y2: bottom }));

      this.ranges(drawing, quantized, clamped, width, edge, narrow);
      if (low <= 0 && high >= 0) {
        const zero = (y1, y2) => svg("line", { class: "zero", x1: x(0), x2: x(0), y1, y2 });
        drawing.append(zero(edge.top, bottom), zero(bottom + TensorFigure.axis, this.height()));
      }
      this.container.replaceChildren(drawing);
    }

    describe(original, chosen) {
      const clipped = original.values > 0 ? chosen.clipped / original.values : 0;
      this.facts.textContent =
        `${whole(original.values)} values, ${percent(original.values > 0 ? original.zeros / original.values : 0, 1)} zeros, ` +
        `from ${digits(original.low)} to ${digits(original.high)}. ` +
        `${nameOf(state.configuration)}: range ${digits(chosen.low)} to ${digits(chosen.high)}` +
        `${report.folders.length > 1 ? " (mean of the runs)" : ""}, ` +
        `step ${digits(chosen.step)}, ${fixed(chosen.levels, 0)} levels, ` +
        `clipped ${smallPercent(clipped)}, SQNR ${chosen.sqnr_db === null ? "exact" : `${chosen.sqnr_db.toFixed(1)} dB`}, ` +
        `KL ${digits(chosen.kl_nats)} nats.`;
    }

    // Shares of all values, on a linear or a logarithmic axis that starts at half a value.
    shareScale(values, counts, bottom, top) {
      const total = Math.max(values, 1);
      const most = Math.max(...counts) / total || 1;
      if (!state.logarithmic) {
        return { at: scale(0, most, bottom, top), ticks: ticks(0, most, 5), total };
      }
      const floor = Math.log10(0.5 / total);
      const ceiling = Math.max(Math.log10(most), floor + 1);
      const position = scale(floor, ceiling, bottom, top);
      const decades = ticks(floor, ceiling, 5).filter((tick) => Number.isInteger(tick));
      return {
        at: (share) => (share > 0 ? Math.min(position(Math.log10(share)), bottom) : bottom),
        ticks: decades.map((tick) => 10 ** tick), total,
      };
    }

    outline(counts, edges, y, bottom) {
      // Values that are all equal are drawn as one bin of some width.
      const flat = edges[0] === edges[edges.length - 1];
      const bins = flat ? [counts.reduce((sum, count) => sum + count, 0)] : counts;
      const sides = flat ? [edges[0] - 3, edges[0] + 3] : edges;
      const points = [[sides[0], bottom]];
      bins.forEach((count, i) => {
        const height = y.at(count / y.total);
        points.push([sides[i], height], [sides[i + 1], height]);
      });
      points.push([sides[bins.length], bottom]);
      return path(points);
    }

    ranges(drawing, quantized, x, width, edge, narrow) {
      const top = TensorFigure.plot + TensorFigure.axis;
      const column = (offset) => width - edge.right + offset;
      const heading = (text, offset) => svg("text",
        { class: "quiet", x: column(offset), y: top + 11, "text-anchor": "end" }, text);
      drawing.append(svg("text", { class: "quiet", x: edge.left - 8, y: top + 11,
        "text-anchor": "end" }, "range"), heading("KL (nats)", 62));
      if (!narrow) drawing.append(heading("clipped", 132));
      quantized.forEach((range, c) => {
        const y = top + TensorFigure.row * (c + 1);
        const middle = y + TensorFigure.row / 2;
        const label = shortNameOf(c);
        const text = (value, offset) => svg("text",
          { x: column(offset), y: middle + 4, "text-anchor": "end" }, value);
        drawing.append(svg("g", { class: c === state.configuration ? "range chosen" : "range",
          click: () => choose(c) },
          svg("title", {}, `${nameOf(c)}: ${digits(range.low)} to ${digits(range.high)}`),
          svg("rect", { class: "row", x: 0, y, width, height: TensorFigure.row }),
          svg("text", { x: edge.left - 8, y: middle + 4, "text-anchor": "end" },
            shorten(label, narrow ? 19 : 22)),
          svg("line", { x1: x(range.widest_low), x2: x(range.widest_high), y1: middle, y2: middle }),
          svg("rect", { class: "bar", x: x(range.low), y: y + 4,
            width: Math.max(x(range.high) - x(range.low), 1), height: TensorFigure.row - 8 }),
          text(digits(range.kl_nats), 62),
          narrow ? null : text(smallPercent(clippedShare(this.layer, c)), 132)));
      });
    }
  }

  // --- The page ---------------------------------------------------------------------------------

  const errors = new ErrorChart($("errors"), $("errors-readout"));
  const figures = report.layers.map((layer, i) => (layer.activation ? new TensorFigure(layer, i) : null))
    .filter((figure) => figure !== null);

  // Figures are drawn as they come near the window, so that a hundred layers open at once.
  function drawNear() {
    const near = 600;
    for (const figure of figures) {
      const { top, bottom } = figure.article.getBoundingClientRect();
      if (bottom > -near && top < window.innerHeight + near) figure.draw();
    }
  }
  function drawAll() {
    for (const figure of figures) figure.draw();
  }
  function outdate() {
    for (const figure of figures) figure.stale = true;
    errors.draw();
    drawNear();
  }
  function show() {
    $("configuration").value = String(state.configuration);
    $("outputs").replaceChildren(outputTable(report.outputs[state.output]).table);
    $("layers").replaceChildren(layerTable().table);
    outdate();
  }
  function choose(configuration) {
    state.configuration = configuration;
    show();
  }

  // The configuration whose first output is nearest to float32.
  function best() {
    const first = report.outputs.length > 0 ? report.outputs[0].int8 : [];
    const value = (c) => sortableDecibels(first[c]) ?? -Infinity;
    return first.reduce((winner, _, c) => (value(c) > value(winner) ? c : winner), 0);
  }

  document.title = `${report.model}: octavo compare`;
  $("model").textContent = report.model;
  $("setup").textContent = [
    ...report.inputs.map((input) => `${input.name} ${input.type} ${shape(input.shape)}`),
    `${report.folders.length} ${report.folders.length === 1 ? "run" : "runs"}`,
    report.isa, `${report.threads} ${report.threads === 1 ? "thread" : "threads"}`].join(", ");
  configurations.forEach((_, c) => $("configuration").append(html("option", { value: c }, nameOf(c))));
  report.outputs.forEach((output, i) => $("output").append(html("option", { value: i }, output.name)));
  if (report.outputs.length < 2) $("output-label").hidden = true;
  if (figures.length === 0) $("tensors").append(html("p", {}, "No layer of this model runs in int8."));
  $("tensors").append(...figures.map((figure) => figure.article));
  $("configuration").addEventListener("change", (event) => choose(Number(event.target.value)));
  $("output").addEventListener("change", (event) => {
    state.output = Number(event.target.value);
    show();
  });
  $("logarithmic").addEventListener("change", (event) => {
    state.logarithmic = event.target.checked;
    outdate();
  });
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  // Once a frame at most.
  function onceAFrame(work) {
    let frame = 0;
    return () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(work);
    };
  }
  window.addEventListener("scroll", onceAFrame(drawNear), { passive: true });
  window.addEventListener("resize", onceAFrame(outdate));
  window.addEventListener("beforeprint", drawAll);

  state.configuration = best();
  show();
})();
