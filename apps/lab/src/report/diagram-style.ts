/**
 * How the drawings of a report look: the space-time diagram, bars of operations, plots over time.
 */

/** The part of the style sheet that is about SVG. */
export const DIAGRAM_STYLE = `
svg text{font-family:var(--sans);fill:var(--ink)}
.hair{stroke:var(--hair)}
.grid{stroke:var(--hair)}
.ax{font-size:11px;fill:var(--mut)!important}
.lb{font-size:13px;font-weight:600}
.fold{fill:var(--panel)}
.fm{stroke:var(--mut);stroke-width:1.2;fill:none}
.lane{stroke:var(--t,var(--faint));stroke-width:2.5;opacity:.55}
.lane.t-none{stroke:var(--faint);stroke-width:1.5;opacity:1}
.lane.faint{stroke:var(--hair);stroke-width:1;opacity:1}
.lead{fill:var(--t)}
.bt{font-size:11px;font-weight:600;fill:var(--on)!important;pointer-events:none}
.cand{fill:var(--bg);stroke:var(--t);stroke-dasharray:3 2;stroke-width:1.3}
.hb{fill:var(--bg)}
.hl{stroke:var(--faint);stroke-width:1.3}
.hd{fill:var(--faint)}
.down{fill:url(#hatch);stroke:var(--line)}
.paused{fill:url(#dots);stroke:var(--line)}
.crash{stroke:var(--ink);stroke-width:2;fill:none}
.dl{font-size:11px;fill:var(--mut)!important;paint-order:stroke;stroke:var(--bg);stroke-width:4px;
pointer-events:none}
.cut{fill:var(--shade);opacity:.07}
.fault{stroke:var(--mut);stroke-width:2;fill:none}
.m{fill:none;stroke:var(--mut);stroke-width:1;opacity:.5}
.has-path .m{opacity:.34}
.m.vote{stroke-dasharray:2 2.5}
.m.heartbeat,.has-path .m.heartbeat{opacity:.2}
.m.lost{opacity:.32}
.mx{fill:none;stroke:var(--mut);stroke-width:1.2}
.mk{fill:var(--bg);stroke:var(--t);stroke-width:1.6}
.mk.full{fill:var(--t);stroke:var(--bg);stroke-width:1}
.note{stroke:var(--mut);stroke-width:1.5;fill:none}
.op .bar,.op.bar{fill:var(--panel);stroke:var(--faint);stroke-width:1}
.op text{font-size:11.5px;font-weight:500;paint-order:stroke;stroke:var(--bg);stroke-width:3px}
.op.key .bar{stroke:var(--ink);stroke-width:1.6}
.op.info .bar,.op.info.bar{stroke-dasharray:4 2.5}
.op.fail .bar{opacity:.5}
.op.wrong .bar{stroke:var(--bad);fill:var(--bad-bg);stroke-width:1.6}
.op.wrong text{fill:var(--bad)}
.future{fill:var(--bg);opacity:.55;pointer-events:none}
.cursor{stroke:var(--ink);stroke-width:1.25;pointer-events:none}
.tag{pointer-events:none}
.tag rect{fill:var(--ink)}
.tag text{font-size:11.5px;font-weight:600;fill:var(--bg)!important;text-anchor:middle}
.dots circle{fill:var(--ink);stroke:var(--bg);stroke-width:1.2}
.path{fill:none;stroke:var(--ink);stroke-width:1.7}
.path.wrong{stroke:var(--bad);stroke-width:2}
.ah{fill:var(--ink)}
.ah.wrong{fill:var(--bad)}
.flag path{stroke:var(--faint);fill:none}
.flag circle{fill:var(--bg);stroke:var(--faint)}
.flag text{font-size:11px;font-weight:600;text-anchor:middle}
.flag.wrong circle{stroke:var(--bad)}
.flag.wrong text{fill:var(--bad)}
.flag.on{pointer-events:none}
.flag.on circle{fill:var(--ink);stroke:var(--ink)}
.flag.on text{fill:var(--bg)!important}
.flag.on.wrong circle{fill:var(--bad);stroke:var(--bad)}
.gapline{stroke:var(--mut);stroke-dasharray:2 2.5;fill:none}
.gaptext{font-size:11px;fill:var(--mut)!important}
.shade{fill:var(--shade);opacity:.07}
.shade.deep{opacity:.14}
.pt{fill:none;stroke:var(--c2);stroke-width:4.4;stroke-linecap:round;opacity:.5}
.un{fill:none;stroke:var(--c3);stroke-width:1.5}
.p50{fill:none;stroke:var(--c2);stroke-width:1.5}
.p99{fill:none;stroke:var(--ink);stroke-width:1.5}
.pmax{fill:none;stroke:var(--faint);stroke-width:1;stroke-dasharray:2 2}
.area{fill:var(--c4);opacity:.28}
.area-line{fill:none;stroke:var(--c4);stroke-width:1.5}
.rate{fill:var(--faint);opacity:.7}
.when{stroke:var(--bad);stroke-width:1.5}
.when-text{font-size:11px;font-weight:600;fill:var(--bad)!important;paint-order:stroke;
stroke:var(--bg);stroke-width:3px}
.gantt{fill:var(--faint)}
.gantt-text{font-size:11px;fill:var(--ink)}
.curve{fill:none;stroke:var(--ink);stroke-width:1.5}
.turn{fill:var(--ink)}
.chart-title{font-size:12.5px;font-weight:600}`;
