"use strict";(self.rspackChunkk8s_workbench=self.rspackChunkk8s_workbench||[]).push([[266],{646(e,r,o){var t=o(601),a=o.n(t),n=o(314),i=o.n(n),d=o(742),b=i()(a());b.i(d.A),b.push([e.id,`.wb-side { display: flex; flex-direction: column; height: 100%; }
#workbench-chat.wb-side { min-width: 22rem; } /* JupyterLab gives what is at the side 250 pixels */
.wb-side iframe { border: 0; flex: 1; width: 100%; }
/* what the chat takes for the colours that somebody prefers */
body[data-jp-theme-light='true'] .wb-side iframe { color-scheme: light; }
body[data-jp-theme-light='false'] .wb-side iframe { color-scheme: dark; }
.wb-side p { padding: 0 1rem; color: var(--jp-content-font-color1); }
`,""]),o.d(r,{},{A:b})},742(e,r,o){var t=o(601),a=o.n(t),n=o(314),i=(o.n(n))()(a());i.push([e.id,`/* .wb stands twice where JupyterLab has rules of its own for the same elements. */
.wb {
  --fg: var(--jp-content-font-color1, var(--vscode-foreground, #1b1f24));
  --muted: var(--jp-content-font-color2, var(--vscode-descriptionForeground, #57606a));
  --line: var(--jp-border-color2, var(--vscode-panel-border, #d8dee4));
  --sunken: var(--jp-layout-color2, var(--vscode-textCodeBlock-background, #f3f5f7));
  --good: var(--jp-success-color1, #1a7f4b);
  --bad: var(--jp-error-color1, #c93c37);
  --warn: var(--jp-warn-color1, #b5720a);
  --live: var(--jp-brand-color1, #2f6fd0);
  --mono: var(--jp-code-font-family, ui-monospace, SFMono-Regular, Menlo, Consolas, monospace);
  --tone: var(--line);
  color: var(--fg);
  font: 14px/1.5 var(--jp-content-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);
  max-width: 62rem;
  margin: .25rem 0 .75rem;
  padding: .15rem 0 .15rem .9rem;
  border-left: 4px solid var(--tone);
  overflow-wrap: anywhere;
}
@media (prefers-color-scheme: dark) {
  .wb {
    --fg: var(--jp-content-font-color1, var(--vscode-foreground, #e6e9ed));
    --muted: var(--jp-content-font-color2, var(--vscode-descriptionForeground, #9ba5b0));
    --line: var(--jp-border-color2, var(--vscode-panel-border, #3a414a));
    --sunken: var(--jp-layout-color2, var(--vscode-textCodeBlock-background, #1d2229));
    --good: var(--jp-success-color1, #4cb782);
    --bad: var(--jp-error-color1, #f2706a);
    --warn: var(--jp-warn-color1, #e0a03c);
    --live: var(--jp-brand-color1, #6ea8fe);
  }
}
.wb-running { --tone: var(--live); border-left-style: dotted; }
.wb-complete { --tone: var(--good); }
.wb-partial { --tone: var(--warn); border-left-style: dashed; }
.wb-cancelled { --tone: var(--muted); border-left-style: dashed; }
.wb-interrupted { --tone: var(--warn); border-left-style: dotted; }
.wb-degraded { --tone: var(--warn); border-left-style: double; border-left-width: 6px; }
.wb-awaiting { --tone: var(--live); border-left-width: 8px; }
.wb-failed { --tone: var(--bad); }
.wb-note { --tone: var(--muted); border-left-width: 2px; }
.wb-quiet { border-left-width: 2px; }
.wb header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .15rem .6rem; margin: 0; }
.wb-state {
  color: var(--tone); font-size: .78em; font-weight: 650; letter-spacing: .05em;
  text-transform: uppercase;
}
.wb-quiet .wb-state, .wb-note .wb-state { color: var(--muted); }
.wb-question { flex: 1 1 8rem; color: var(--muted); }
.wb-time { color: var(--muted); font-variant-numeric: tabular-nums; margin-left: auto; white-space: nowrap; }
.wb.wb p { margin: .3rem 0; }
.wb.wb .wb-verdict { font-size: 1.15em; line-height: 1.45; margin: .35rem 0 .1rem; }
.wb .wb-verdict strong { font-weight: 500; }
.wb .wb-hint, .wb .wb-sure { color: var(--muted); }
.wb .wb-sure { font-size: .9em; }
.wb.wb h4 {
  font-size: .78em; font-weight: 650; letter-spacing: .05em; text-transform: uppercase;
  color: var(--muted); margin: .9rem 0 .2rem;
}
.wb.wb ol, .wb.wb ul { margin: .2rem 0; padding-left: 1.4rem; }
.wb.wb li { margin: .2rem 0; }
.wb code, .wb.wb pre { font-family: var(--mono); font-size: .92em; }
.wb.wb code { background: var(--sunken); padding: .05em .35em; border-radius: 3px; color: inherit; }
.wb.wb .wb-chip {
  font: 600 .82em var(--mono); color: var(--fg); background: transparent; text-decoration: none;
  border: 1px solid var(--line); border-radius: 999px; padding: .02em .55em; white-space: nowrap;
}
.wb.wb a.wb-chip:hover, .wb.wb a.wb-chip:focus-visible { border-color: var(--live); }
.wb.wb pre {
  background: var(--sunken); border-radius: 4px; padding: .5rem .7rem; margin: .3rem 0;
  white-space: pre-wrap; overflow-wrap: anywhere; word-break: normal; color: inherit;
}
.wb.wb pre code { background: none; padding: 0; }
.wb.wb .wb-command { user-select: all; -webkit-user-select: all; border-left: 2px solid var(--live); border-radius: 0 4px 4px 0; padding: .25rem .6rem; margin: .2rem 0; }
.wb.wb .wb-columns { white-space: pre; overflow-wrap: normal; }
.wb.wb .wb-text { max-height: 28rem; overflow: auto; }
.wb.wb .wb-steps { list-style: none; padding: 0; font-size: .93em; }
.wb.wb .wb-steps li {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .55rem;
  margin: .12rem 0; padding-left: 1.5em; position: relative;
}
.wb-mark { position: absolute; left: 0; width: 1em; text-align: center; color: var(--muted); }
.wb-broken .wb-mark, .wb-broken .wb-summary { color: var(--bad); }
.wb-tool { font-family: var(--mono); font-size: .95em; }
.wb-summary { color: var(--muted); flex: 0 1 auto; min-width: 0; }
.wb.wb .wb-notes { list-style: none; padding: 0; }
.wb-when { color: var(--muted); font-variant-numeric: tabular-nums; }
.wb-standing { font-size: .82em; font-weight: 600; color: var(--muted); }
.wb-standing.wb-confirmed { color: var(--good); }
.wb-standing.wb-refuted { color: var(--bad); text-decoration: line-through; }
.wb.wb .wb-recorded { border-left: 2px dotted var(--warn); padding-left: .6rem; }
.wb.wb .wb-diff span { display: inline; }
/* On the sunken ground of a dark front end the plain tones are below 4.5:1 (WCAG 2.2, 1.4.3). */
.wb-added { color: color-mix(in srgb, var(--good) 65%, var(--fg)); }
.wb-removed { color: color-mix(in srgb, var(--bad) 65%, var(--fg)); }
.wb .wb-waits { color: var(--live); font-weight: 600; }
.wb .wb-settled { color: var(--muted); }
.wb-where { color: var(--muted); }
.wb.wb .wb-findings > li { margin: .5rem 0; }
.wb-severity { font-size: .78em; font-weight: 650; text-transform: uppercase; letter-spacing: .04em; }
.wb-critical, .wb-error { color: var(--bad); }
.wb-warning { color: var(--warn); }
.wb-info { color: var(--muted); }
.wb-cause { font-size: .82em; font-weight: 600; color: var(--live); }
.wb details { margin: .8rem 0 .2rem; }
.wb summary { cursor: pointer; color: var(--muted); }
.wb footer { color: var(--muted); font-size: .86em; margin: .6rem 0 0; font-variant-numeric: tabular-nums; }
.wb-table { --tone: transparent; max-width: none; padding-left: 0; border-left: 0; overflow-wrap: normal; }
.wb-grid { overflow: auto; max-height: 34rem; border: 1px solid var(--line); border-radius: 4px; }
.wb.wb table { border-collapse: collapse; margin: 0; font-size: .93em; font-variant-numeric: tabular-nums; }
.wb.wb th, .wb.wb td { text-align: left; white-space: nowrap; max-width: none; padding: .22rem .7rem; border: 0; vertical-align: baseline; }
.wb.wb thead th {
  position: sticky; top: 0; background: var(--sunken); color: var(--muted); font-weight: 650;
  box-shadow: inset 0 -1px var(--line);
}
.wb.wb tbody th { color: var(--muted); font-weight: 400; }
.wb.wb tbody tr { background: none; }
.wb.wb tbody tr + tr > * { border-top: 1px solid color-mix(in srgb, var(--line) 45%, transparent); }
.wb.wb tbody tr:hover { background: var(--sunken); }
.wb.wb .wb-number { text-align: right; }
.wb.wb td.wb-words { white-space: normal; min-width: 26rem; }
.wb.wb .wb-tree, .wb.wb .wb-tree ul { list-style: none; padding-left: 1.2rem; }
.wb.wb .wb-tree { padding-left: 0; }
.wb .wb-tree .wb-mark { position: static; display: inline-block; }
.wb-sick > .wb-mark, .wb-sick > .wb-summary { color: var(--bad); }
.wb.wb .wb-bars { list-style: none; padding: 0; font-size: .93em; }
.wb.wb .wb-bars li { display: grid; grid-template-columns: minmax(8rem, 20rem) minmax(4rem, 1fr) 15rem; gap: .2rem .8rem; align-items: center; }
.wb-bar { position: relative; display: block; height: .7em; background: var(--sunken); border-radius: 2px; overflow: hidden; }
.wb-bar b { display: block; height: 100%; background: var(--live); }
.wb-full .wb-bar b { background: var(--bad); }
.wb-over .wb-bar b { background: var(--warn); }
.wb-bar i { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--fg); }
@media (max-width: 40rem) { .wb.wb .wb-bars li { grid-template-columns: 1fr; } }
`,""]),o.d(r,{},{A:i})},314(e){e.exports=function(e){var r=[];return r.toString=function(){return this.map(function(r){var o="",t=void 0!==r[5];return r[4]&&(o+="@supports (".concat(r[4],") {")),r[2]&&(o+="@media ".concat(r[2]," {")),t&&(o+="@layer".concat(r[5].length>0?" ".concat(r[5]):""," {")),o+=e(r),t&&(o+="}"),r[2]&&(o+="}"),r[4]&&(o+="}"),o}).join("")},r.i=function(e,o,t,a,n){"string"==typeof e&&(e=[[null,e,void 0]]);var i={};if(t)for(var d=0;d<this.length;d++){var b=this[d][0];null!=b&&(i[b]=!0)}for(var l=0;l<e.length;l++){var s=[].concat(e[l]);t&&i[s[0]]||(void 0!==n&&(void 0===s[5]||(s[1]="@layer".concat(s[5].length>0?" ".concat(s[5]):""," {").concat(s[1],"}")),s[5]=n),o&&(s[2]&&(s[1]="@media ".concat(s[2]," {").concat(s[1],"}")),s[2]=o),a&&(s[4]?(s[1]="@supports (".concat(s[4],") {").concat(s[1],"}"),s[4]=a):s[4]="".concat(a)),r.push(s))}},r}},601(e){e.exports=function(e){return e[1]}},665(e,r,o){o.r(r);var t=o(72),a=o.n(t),n=o(825),i=o.n(n),d=o(659),b=o.n(d),l=o(56),s=o.n(l),c=o(540),w=o.n(c),m=o(113),p=o.n(m),u=o(646),f={};f.styleTagTransform=p(),f.setAttributes=s(),f.insert=b().bind(null,"head"),f.domAPI=i(),f.insertStyleElement=w(),a()(u.A,f);let v=u.A&&u.A.locals?u.A.locals:void 0;o.d(r,{},{default:v})},72(e){var r=[];function o(e){for(var o=-1,t=0;t<r.length;t++)if(r[t].identifier===e){o=t;break}return o}function t(e,t){for(var a={},n=[],i=0;i<e.length;i++){var d=e[i],b=t.base?d[0]+t.base:d[0],l=a[b]||0,s="".concat(b," ").concat(l);a[b]=l+1;var c=o(s),w={css:d[1],media:d[2],sourceMap:d[3],supports:d[4],layer:d[5]};if(-1!==c)r[c].references++,r[c].updater(w);else{var m=function(e,r){var o=r.domAPI(r);return o.update(e),function(r){r?(r.css!==e.css||r.media!==e.media||r.sourceMap!==e.sourceMap||r.supports!==e.supports||r.layer!==e.layer)&&o.update(e=r):o.remove()}}(w,t);t.byIndex=i,r.splice(i,0,{identifier:s,updater:m,references:1})}n.push(s)}return n}e.exports=function(e,a){var n=t(e=e||[],a=a||{});return function(e){e=e||[];for(var i=0;i<n.length;i++){var d=o(n[i]);r[d].references--}for(var b=t(e,a),l=0;l<n.length;l++){var s=o(n[l]);0===r[s].references&&(r[s].updater(),r.splice(s,1))}n=b}}},659(e){var r={};e.exports=function(e,o){var t=function(e){if(void 0===r[e]){var o=document.querySelector(e);if(window.HTMLIFrameElement&&o instanceof window.HTMLIFrameElement)try{o=o.contentDocument.head}catch(e){o=null}r[e]=o}return r[e]}(e);if(!t)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");t.appendChild(o)}},540(e){e.exports=function(e){var r=document.createElement("style");return e.setAttributes(r,e.attributes),e.insert(r,e.options),r}},56(e,r,o){e.exports=function(e){var r=o.nc;r&&e.setAttribute("nonce",r)}},825(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var r=e.insertStyleElement(e);return{update:function(o){var t,a,n;t="",o.supports&&(t+="@supports (".concat(o.supports,") {")),o.media&&(t+="@media ".concat(o.media," {")),(a=void 0!==o.layer)&&(t+="@layer".concat(o.layer.length>0?" ".concat(o.layer):""," {")),t+=o.css,a&&(t+="}"),o.media&&(t+="}"),o.supports&&(t+="}"),(n=o.sourceMap)&&"u">typeof btoa&&(t+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(n))))," */")),e.styleTagTransform(t,r,e.options)},remove:function(){var e;null===(e=r).parentNode||e.parentNode.removeChild(e)}}}},113(e){e.exports=function(e,r){if(r.styleSheet)r.styleSheet.cssText=e;else{for(;r.firstChild;)r.removeChild(r.firstChild);r.appendChild(document.createTextNode(e))}}}}]);