/**
 * The style sheet of a report: light and dark, phone, desktop and paper.
 *
 * System fonts, hairlines instead of boxes, spacing in multiples of 4, type of 30, 21, 15, 12.5 and
 * 11 px. The five colours of terms can be told apart by people who see no red or green, and each
 * stands beside its number. Red means a contradiction and nothing else.
 */
import { DIAGRAM_STYLE } from './diagram-style.ts';

/** Everything between `<style>` and `</style>`. */
export function styleSheet(): string {
  return [COLOURS, PAGE, EXPLORER, DIAGRAM_STYLE, TABLES, NARROW, PAPER].join('\n');
}

const LIGHT = `--bg:#fdfdfb;--panel:#f4f4f0;--ink:#1a1f23;--mut:#586169;--faint:#9aa2a8;
--line:#dfe1df;--hair:#ebedea;--bad:#b3201c;--bad-bg:#fbeeec;--link:#0a5c99;--on:#fff;
--c0:#6a737b;--c1:#96468f;--c2:#0b69ac;--c3:#9a5b00;--c4:#007a66;--shade:#1a1f23;
color-scheme:light`;

const DARK = `--bg:#15181a;--panel:#1e2225;--ink:#e7e9ea;--mut:#a3acb3;--faint:#6c757c;
--line:#32383c;--hair:#262b2e;--bad:#ff8a7a;--bad-bg:#33201e;--link:#7fbdf0;--on:#101315;
--c0:#98a1a9;--c1:#d692d0;--c2:#5fabe6;--c3:#e2a23c;--c4:#45bfa3;--shade:#e7e9ea;
color-scheme:dark`;

const COLOURS = `
:root{${LIGHT};
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK}}}
@media screen{:root[data-theme=dark]{${DARK}}}`;

const PAGE = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:12px}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 var(--sans);
font-variant-numeric:tabular-nums;overflow-wrap:break-word}
main,header,footer{max-width:1280px;margin:0 auto;padding:0 32px}
h1,h2,h3,p,ol,ul,dl,dd,figure,table,pre{margin:0;padding:0}
h2{font-size:21px;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin-bottom:4px}
h3{font-size:15px;font-weight:650;margin:24px 0 4px}
section{padding-top:52px}
a{color:var(--link);text-underline-offset:2px;text-decoration-thickness:1px}
code,.mono{font-family:var(--mono);font-size:.92em}
svg{display:block}
svg.contradiction,.on-wide svg{max-width:100%;height:auto}
.on-narrow{display:none}
.lede{color:var(--mut);max-width:68ch;margin-bottom:20px}
.kv{color:var(--mut);font-size:12.5px}
.bad{color:var(--bad)!important}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
button{font:500 12.5px/1 var(--sans);color:var(--ink);background:var(--bg);
border:1px solid var(--line);border-radius:4px;padding:8px 12px;min-height:32px;cursor:pointer}
button:hover{border-color:var(--faint)}
html:not(.js) .js-only{display:none!important}
.js .no-js{display:none}
header{padding-top:28px}
.masthead{display:flex;align-items:baseline;gap:16px;font-size:12.5px;color:var(--mut)}
.masthead .name{font:600 15px/1.4 var(--mono);color:var(--ink)}
.masthead .theme{margin-left:auto;display:flex;gap:4px}
.theme button{border-color:transparent;min-height:28px;padding:6px 8px;color:var(--mut)}
.theme button[aria-pressed=true]{background:var(--panel);color:var(--ink)}
.verdict{display:grid;grid-template-columns:auto minmax(0,1fr);gap:4px 20px;margin-top:20px;
align-items:baseline}
.verdict .v{font-weight:700;font-size:30px;line-height:1.2;white-space:nowrap}
.verdict .invalid{color:var(--bad)}
.verdict .unknown{color:var(--c3)}
.verdict .valid{color:var(--c4)}
.verdict h1,.repro code,.ids b,dd{overflow-wrap:anywhere}
.verdict h1{font-size:21px;line-height:1.4;font-weight:500;letter-spacing:-.01em;max-width:46em}
.verdict p{grid-column:2;color:var(--mut);max-width:80ch}
.repro{display:flex;align-items:center;gap:12px;margin-top:24px;background:var(--panel);
border-radius:4px;padding:8px 8px 8px 16px}
.repro>span{font-size:12.5px;color:var(--mut)}
.repro code{flex:1;min-width:0;white-space:pre-wrap;font-size:13px}
.ids{display:flex;flex-wrap:wrap;gap:4px 24px;margin-top:8px;font-size:12.5px;color:var(--mut)}
.ids b{font:500 12.5px var(--mono);color:var(--ink)}
.facts{display:flex;margin-top:20px;border:1px solid var(--line);border-width:1px 0}
.facts div{flex:1 1 auto;padding:12px 16px}
.facts div:first-child{padding-left:0}
.facts div+div{border-left:1px solid var(--line)}
.facts dt{font-size:12.5px;color:var(--mut)}
.facts dd{font-weight:600;line-height:1.4}
.facts small{display:block;font-weight:400;font-size:12.5px;color:var(--mut)}
.contra{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:40px;align-items:start}
.contra ol{list-style:none;border-top:1px solid var(--line);margin-top:12px}
.contra li{padding:8px 0;border-bottom:1px solid var(--line);max-width:68ch}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:32px 48px;
align-items:start}
.two+.two{margin-top:32px}
pre{font:12.5px/1.65 var(--mono);background:var(--panel);border-radius:4px;padding:12px 16px;
overflow-x:auto;overflow-wrap:normal}
pre .ln{color:var(--faint);display:inline-block;width:4ch;margin-right:12px;text-align:right;
user-select:none}
pre .del{color:var(--c4)}
pre .add{color:var(--bad);font-weight:600}
footer{margin:56px auto 40px;font-size:12.5px;color:var(--mut)}`;

// The names of lanes are a layer of their own always: else the browser makes them one by chance,
// and letters stand elsewhere by a part of a pixel.
const EXPLORER = `
.explore{display:grid;grid-template-columns:256px minmax(0,1fr) 264px;column-gap:16px;
align-items:start}
.explore.no-steps{grid-template-columns:minmax(0,1fr) 264px}
.steps{list-style:none;grid-row:1/3}
.step{border-left:2px solid var(--line)}
.step a{display:grid;grid-template-columns:20px 1fr auto;gap:0 4px;padding:7px 8px 7px 12px;
color:inherit;text-decoration:none;align-items:baseline}
.step .n{font-size:12.5px;font-weight:600;color:var(--mut)}
.step .ti{font-size:13.5px;font-weight:600;line-height:1.4}
.step .at{font-size:11px;color:var(--mut);white-space:nowrap}
.step .tx{grid-column:2/4;font-size:12.5px;line-height:1.5;color:var(--mut)}
.js .step:not(.on) .tx{display:none}
.step:hover{border-left-color:var(--faint)}
.step.on{border-left-color:var(--ink);background:var(--panel)}
.step.on.bad{border-left-color:var(--bad)}
.step.bad .n,.step.bad .ti{color:var(--bad)}
.step.bad{color:var(--ink)!important}
.step.on .tx{color:var(--ink)}
.stage{min-width:0}
.scroll{overflow-x:auto;overflow-y:hidden;position:relative;display:flex}
.names{position:sticky;left:0;z-index:2;flex:none;width:34px;margin-right:-34px;
background:var(--bg);padding-top:33px;font-size:13px;font-weight:600;height:calc(100% - 32px);
will-change:transform}
.names span{display:flex;align-items:center;white-space:nowrap;overflow:hidden}
.names .client{height:42px;padding-top:16px}
.names .lane-gap{height:18px}
.names .node{height:60px}
.canvas{flex:none}
.st{touch-action:pan-x pan-y;cursor:crosshair;user-select:none;-webkit-user-select:none}
.state{padding-top:32px;min-width:0}
.row{border-top:1px solid var(--hair);font-size:12.5px;overflow:hidden;white-space:nowrap;
padding:0 8px;margin-left:-16px;padding-left:16px}
.row.client{height:42px;display:flex;align-items:center;gap:8px}
.row.client .kv{margin-left:auto}
.row .what{overflow:hidden;text-overflow:ellipsis}
.row.node{height:60px;display:flex;flex-direction:column;justify-content:center;gap:4px}
.row.hot{background:var(--panel)}
.row.down .cell{opacity:.55}
.state .row:last-child{border-bottom:1px solid var(--hair)}
.gap-row{height:18px;border-top:1px solid var(--hair);margin-left:-16px}
.l1,.l2{display:flex;align-items:center;gap:8px;min-height:22px;overflow:hidden}
.l2{padding-left:34px}
.l1 .kv,.l2 .kv{overflow:hidden;text-overflow:ellipsis}
.l1 .kv.end{margin-left:auto;flex:none}
.nm{font-weight:600;min-width:26px;flex:none}
.role{font-size:11px;font-weight:600;line-height:18px;padding:0 8px;border-radius:3px;flex:none;
border:1px solid transparent;min-width:64px;text-align:center}
.role.follower{color:var(--mut);font-weight:500;border-color:var(--line)}
.role.candidate{border:1px dashed currentColor}
.role.down{color:var(--mut);border-color:var(--line);
background:repeating-linear-gradient(135deg,var(--line) 0 1px,transparent 1px 4px)}
.role.paused{color:var(--mut);border:1px dotted var(--faint)}
.role.leader{color:var(--on)}
.cell{display:inline-flex;align-items:center;gap:5px;height:21px;padding:0 6px 0 5px;flex:none;
font:500 12px/19px var(--mono);border:1px solid;border-radius:3px}
.cell i{font:600 10px/1 var(--sans);padding-right:4px;border-right:1px solid}
.t0,.cell.t-none{--t:var(--c0)}.t1{--t:var(--c1)}.t2{--t:var(--c2)}.t3{--t:var(--c3)}
.t4{--t:var(--c4)}.t-none{--t:var(--c0)}
.cell{color:var(--t);border-color:var(--t)}
.cell.full{background:var(--t);color:var(--on)}
.role.leader{background:var(--t)}
.role.candidate{color:var(--t)}
.track{padding-left:26px;margin-top:4px}
#scrub{width:100%;height:28px;margin:0;background:none;cursor:pointer;-webkit-appearance:none;
appearance:none;display:block}
#scrub::-webkit-slider-runnable-track{height:4px;border-radius:2px;background:var(--line)}
#scrub::-webkit-slider-thumb{-webkit-appearance:none;width:20px;height:20px;margin-top:-8px;
border-radius:50%;border:4px solid var(--bg);background:var(--ink);
box-shadow:0 0 0 1.5px var(--ink)}
#scrub::-moz-range-track{height:4px;border-radius:2px;background:var(--line)}
#scrub::-moz-range-thumb{width:12px;height:12px;border-radius:50%;border:4px solid var(--bg);
background:var(--ink);box-shadow:0 0 0 1.5px var(--ink)}
.under{grid-column:2/4;padding-left:36px;min-width:0}
.no-steps .under{grid-column:1/3}
#now{margin-top:12px;min-height:47px}
#now b{font-weight:600;margin-right:8px}
[hidden]{display:none!important}
.controls{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin-top:4px}
.controls label{display:flex;gap:6px;align-items:center;font-size:12.5px;color:var(--mut);
margin-left:8px}
.below{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 24px;margin-top:12px}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:8px;font-size:12.5px;
color:var(--mut)}
.legend span{display:flex;gap:6px;align-items:center}
#tip{position:fixed;z-index:9;max-width:320px;padding:6px 10px;border-radius:4px;font-size:12.5px;
line-height:1.45;background:var(--ink);color:var(--bg);pointer-events:none}`;

const TABLES = `
table{border-collapse:collapse;width:100%;font-size:13.5px}
caption{text-align:left;font-weight:650;font-size:15px;padding-bottom:4px}
th{font-weight:500;font-size:12.5px;color:var(--mut);text-align:left;padding:4px 16px 4px 0;
border-bottom:1px solid var(--line);vertical-align:bottom}
td{padding:6px 16px 6px 0;border-bottom:1px solid var(--hair);vertical-align:top}
td:last-child,th:last-child{padding-right:0}
td.name{white-space:nowrap}
td svg{margin-top:6px}
.node-state{display:grid;gap:4px}
.node-state.down{opacity:.55}
.log{display:flex;flex-wrap:wrap;gap:4px}
.r{text-align:right}
.r+td:not(.r),.r+th:not(.r){padding-left:16px}
td .held{color:var(--c4)}
tr.future td{color:var(--faint)}
tr.key td{font-weight:600}
td a.time{color:inherit;text-decoration-color:var(--faint)}
.wide{overflow-x:auto}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:0 48px}
.pairs div{display:grid;grid-template-columns:128px minmax(0,1fr);gap:12px;padding:7px 0;
border-bottom:1px solid var(--hair);font-size:13.5px}
.pairs dt{color:var(--mut)}
.plain{list-style:none}
.plain li{padding:6px 0;border-bottom:1px solid var(--hair);font-size:13.5px}`;

const NARROW = `
@media (max-width:1199px){
.explore,.explore.no-steps{grid-template-columns:minmax(0,1fr)}
.explore>*{grid-column:1;grid-row:auto}
.stage{order:1}.under{order:2;padding-left:0}.state{order:3;padding-top:16px}
.steps{order:4;margin-top:20px}
.under,.no-steps .under{grid-column:1}
.row,.gap-row{margin-left:0;padding-left:0}
.contra,.two{grid-template-columns:minmax(0,1fr);gap:24px}
.facts{flex-wrap:wrap;column-gap:24px}
.facts div,.facts div:first-child{padding:8px 0;border-left:0!important;flex:1 1 28%}}
@media (max-width:760px){
main,header,footer{padding:0 16px}
header{padding-top:16px}
section{padding-top:40px}
.masthead{flex-wrap:wrap;gap:4px 12px}
.verdict{grid-template-columns:minmax(0,1fr)}
.verdict .v{font-size:26px}
.verdict h1{font-size:19px}
.verdict p{grid-column:1}
.repro{flex-wrap:wrap;padding:8px 12px}
.repro>span{flex:1}
.repro code{order:3;flex-basis:100%}
.facts div{flex-basis:40%!important}
.controls button{min-height:40px;min-width:40px}
.below .js-only{display:none}
.controls label{margin-left:0}
.track{padding-left:0}
.pairs{grid-template-columns:minmax(0,1fr)}
.pairs div{grid-template-columns:108px minmax(0,1fr)}
td,th{padding-right:10px}
.optional,.on-wide{display:none}
.on-narrow{display:block}}`;

const PAPER = `
@media print{
@page{margin:14mm}
body{font-size:12.5px}
main,header,footer{padding:0;max-width:none}
section{padding-top:24px}
.js-only,.theme,#tip{display:none!important}
.js .step:not(.on) .tx{display:block}
.scroll{overflow:visible}
.names{display:none}
.st{max-width:100%;height:auto}
.on-narrow svg{width:130mm;max-width:100%;height:auto}
.step,.row,tr,figure{break-inside:avoid}
h2,h3,caption{break-after:avoid}
pre{white-space:pre-wrap}
a{color:inherit}}`;
